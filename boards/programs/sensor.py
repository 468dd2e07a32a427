"""The temperature of the board's own chip, whatever board it is, and its restart."""


def temperature() -> float:
    """Return degrees Celsius."""
    try:
        import microcontroller  # CircuitPython

        return microcontroller.cpu.temperature
    except ImportError:
        pass
    try:
        import esp32

        if hasattr(esp32, "mcu_temperature"):
            return float(esp32.mcu_temperature())
        return (esp32.raw_temperature() - 32) / 1.8
    except ImportError:
        pass
    try:
        from machine import ADC

        volts = ADC(ADC.CORE_TEMP).read_u16() * 3.3 / 65535
        return 27 - (volts - 0.706) / 0.001721  # RP2040 datasheet section 4.9.5
    except (ImportError, AttributeError):
        return 21.5  # a computer


def restart():
    """Start the board anew."""
    try:
        import microcontroller

        microcontroller.reset()
    except ImportError:
        import machine

        machine.reset()
