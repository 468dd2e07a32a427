"""Machine code for boards: what generates it, and an emulator that counts its cycles."""
