// A DTLS 1.2 echo server on Californium's Scandium.
//
// usage: ScandiumServer PORT SUITE,SUITE,... psk IDENTITY KEY_HEX
//        ScandiumServer PORT SUITE,SUITE,... certificate CHAIN KEY ROOT
//        ScandiumServer PORT SUITE,SUITE,... raw PUBLIC KEY CLIENT_PUBLIC

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.PrivateKey;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.auth.RawPublicKeyIdentity;
import org.eclipse.californium.elements.config.CertificateAuthenticationMode;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.cipher.CipherSuite;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticNewAdvancedCertificateVerifier;

public class ScandiumServer {
    public static void main(String[] words) throws Exception {
        InetAddress host = InetAddress.getByName("127.0.0.1");
        DtlsConnectorConfig.Builder builder = new DtlsConnectorConfig.Builder(new Configuration());
        builder.setAddress(new InetSocketAddress(host, Integer.parseInt(words[0])));
        builder.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.SERVER_ONLY);
        builder.set(DtlsConfig.DTLS_RECOMMENDED_CIPHER_SUITES_ONLY, false);
        builder.set(DtlsConfig.DTLS_RETRANSMISSION_TIMEOUT, 1000, TimeUnit.MILLISECONDS);
        builder.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
        builder.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
        String mtu = System.getProperty("mtu");
        if (mtu != null) {
            builder.set(DtlsConfig.DTLS_MAX_TRANSMISSION_UNIT, Integer.valueOf(mtu));
        }
        String[] names = words[1].split(",");
        CipherSuite[] suites = new CipherSuite[names.length];
        for (int i = 0; i < names.length; i++) {
            suites[i] = CipherSuite.getTypeByName(names[i]);
        }
        builder.setAsList(DtlsConfig.DTLS_CIPHER_SUITES, suites);
        if (words[2].equals("psk")) {
            byte[] key = HexFormat.of().parseHex(words[4]);
            builder.setAdvancedPskStore(new AdvancedSinglePskStore(words[3], key));
        } else {
            setIdentity(builder, words[2].equals("raw"), words[3], words[4]);
            setClients(builder, words[2].equals("raw"), words[5]);
        }
        DTLSConnector connector = new DTLSConnector(builder.build());
        connector.setRawDataReceiver(
            data -> connector.send(
                RawData.outbound(data.getBytes(), data.getEndpointContext(), null, false)));
        connector.start();
        System.out.println("listening");
        Thread.sleep(Long.MAX_VALUE);
    }

    private static void setIdentity(
            DtlsConnectorConfig.Builder builder, boolean raw, String own, String key)
            throws Exception {
        PrivateKey secret = Pem.privateKey(key);
        builder.setCertificateIdentityProvider(
            raw
                ? new SingleCertificateProvider(secret, Pem.publicKey(own))
                : new SingleCertificateProvider(
                    secret, Pem.certificates(own), CertificateType.X_509));
    }

    private static void setClients(DtlsConnectorConfig.Builder builder, boolean raw, String known)
            throws Exception {
        if (known.equals("-")) {
            builder.set(
                DtlsConfig.DTLS_CLIENT_AUTHENTICATION_MODE, CertificateAuthenticationMode.NONE);
            return;
        }
        StaticNewAdvancedCertificateVerifier.Builder verifier =
            StaticNewAdvancedCertificateVerifier.builder();
        if (raw) {
            verifier.setTrustedRPKs(new RawPublicKeyIdentity(Pem.publicKey(known)));
        } else {
            verifier.setTrustedCertificates(Pem.certificates(known));
        }
        builder.setAdvancedCertificateVerifier(verifier.build());
        builder.set(
            DtlsConfig.DTLS_CLIENT_AUTHENTICATION_MODE, CertificateAuthenticationMode.NEEDED);
    }
}
