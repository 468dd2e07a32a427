// A DTLS 1.2 echo server on Bouncy Castle, for one client after the other.
//
// usage: BouncyServer PORT SUITE,SUITE,... psk IDENTITY KEY_HEX
//        BouncyServer PORT SUITE,SUITE,... certificate CHAIN KEY ROOT
//        BouncyServer PORT SUITE,SUITE,... raw PUBLIC KEY CLIENT_PUBLIC
//
// A ROOT must be the issuer of the client's certificate itself.

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Vector;
import org.bouncycastle.tls.*;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.bc.BcDefaultTlsCredentialedSigner;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;
import org.bouncycastle.crypto.util.PrivateKeyFactory;

public class BouncyServer {
    private static final int MTU = 1500;
    private static final SignatureAndHashAlgorithm ECDSA =
        SignatureAndHashAlgorithm.getInstance(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa);
    private static final BcTlsCrypto CRYPTO = new BcTlsCrypto(new SecureRandom());

    public static void main(String[] words) throws Exception {
        int port = Integer.parseInt(words[0]);
        int[] suites = new int[words[1].split(",").length];
        for (int i = 0; i < suites.length; i++) {
            suites[i] = CipherSuite.class.getField(words[1].split(",")[i]).getInt(null);
        }
        boolean first = true;
        while (true) {
            DatagramSocket socket =
                new DatagramSocket(port, InetAddress.getByName("127.0.0.1"));
            if (first) {
                System.out.println("listening");
                first = false;
            }
            try {
                serve(socket, server(words, suites));
            } catch (IOException error) {
                System.out.println(error);
            }
            socket.close();
        }
    }

    private static TlsServer server(String[] words, int[] suites) {
        return words[2].equals("psk")
            ? new Psk(suites, words[3], HexFormat.of().parseHex(words[4]))
            : new Ecdsa(suites, words[2].equals("raw"), words[3], words[4], words[5]);
    }

    private static void serve(DatagramSocket socket, TlsServer server) throws IOException {
        byte[] buffer = new byte[16384];
        DTLSVerifier verifier = new DTLSVerifier(CRYPTO);
        DTLSRequest request = null;
        while (request == null) {
            DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
            socket.receive(packet);
            SocketAddress peer = packet.getSocketAddress();
            request = verifier.verifyRequest(
                peer.toString().getBytes(StandardCharsets.UTF_8), buffer, 0, packet.getLength(),
                new DatagramSender() {
                    public int getSendLimit() {
                        return MTU;
                    }

                    public void send(byte[] data, int start, int size) throws IOException {
                        socket.send(new DatagramPacket(data, start, size, peer));
                    }
                });
            if (request != null) {
                socket.connect(peer);
            }
        }
        DTLSTransport transport =
            new DTLSServerProtocol().accept(server, new UDPTransport(socket, MTU), request);
        for (int size; (size = transport.receive(buffer, 0, buffer.length, 60000)) >= 0; ) {
            transport.send(buffer, 0, size);
        }
    }

    private static final class Psk extends PSKTlsServer {
        private final int[] suites;

        Psk(int[] suites, String identity, byte[] key) {
            super(CRYPTO, new TlsPSKIdentityManager() {
                public byte[] getHint() {
                    return null;
                }

                public byte[] getPSK(byte[] name) {
                    return identity.equals(new String(name, StandardCharsets.UTF_8)) ? key : null;
                }
            });
            this.suites = suites;
        }

        @Override
        protected ProtocolVersion[] getSupportedVersions() {
            return ProtocolVersion.DTLSv12.only();
        }

        @Override
        protected int[] getSupportedCipherSuites() {
            return suites;
        }
    }

    private static final class Ecdsa extends DefaultTlsServer {
        private final int[] suites;
        private final short kind;
        private final String own;
        private final String key;
        private final String known;

        Ecdsa(int[] suites, boolean raw, String own, String key, String known) {
            super(CRYPTO);
            this.suites = suites;
            this.kind = raw ? CertificateType.RawPublicKey : CertificateType.X509;
            this.own = own;
            this.key = key;
            this.known = known;
        }

        @Override
        protected ProtocolVersion[] getSupportedVersions() {
            return ProtocolVersion.DTLSv12.only();
        }

        @Override
        protected int[] getSupportedCipherSuites() {
            return suites;
        }

        @Override
        protected short[] getAllowedClientCertificateTypes() {
            return new short[] {kind};
        }

        @Override
        protected TlsCredentialedSigner getECDSASignerCredentials() throws IOException {
            List<byte[]> blocks = Pem.blocks(own);
            TlsCertificate[] chain = new TlsCertificate[blocks.size()];
            for (int i = 0; i < chain.length; i++) {
                chain[i] = CRYPTO.createCertificate(kind, blocks.get(i));
            }
            return new BcDefaultTlsCredentialedSigner(
                new TlsCryptoParameters(context), CRYPTO,
                PrivateKeyFactory.createKey(Pem.privateKeyInfo(key)),
                new Certificate(kind, chain), ECDSA);
        }

        @Override
        public CertificateRequest getCertificateRequest() {
            if (known.equals("-")) {
                return null;
            }
            Vector<SignatureAndHashAlgorithm> schemes = new Vector<>();
            schemes.add(ECDSA);
            return new CertificateRequest(
                new short[] {ClientCertificateType.ecdsa_sign}, schemes, null);
        }

        @Override
        public void notifyClientCertificate(Certificate sent) throws IOException {
            if (sent.isEmpty() || !isKnown(sent.getCertificateAt(0).getEncoded())) {
                throw new TlsFatalAlert(AlertDescription.bad_certificate);
            }
        }

        private boolean isKnown(byte[] sent) throws IOException {
            byte[] expected = Pem.blocks(known).get(0);
            if (kind == CertificateType.RawPublicKey) {
                return Arrays.equals(sent, expected);
            }
            try {
                Pem.certificate(sent).verify(Pem.certificate(expected).getPublicKey());
                return true;
            } catch (java.security.GeneralSecurityException error) {
                return false;
            }
        }
    }
}
