// Keys and certificates from PEM files.

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileReader;
import java.io.IOException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

final class Pem {
    private Pem() {}

    /** Returns what each block of a file holds, as DER. */
    static List<byte[]> blocks(String file) throws IOException {
        List<byte[]> found = new ArrayList<>();
        try (PemReader reader = new PemReader(new FileReader(file))) {
            for (PemObject block; (block = reader.readPemObject()) != null; ) {
                found.add(block.getContent());
            }
        }
        return found;
    }

    /** Returns a private key of SEC 1 as PKCS #8. */
    static PrivateKeyInfo privateKeyInfo(String file) throws IOException {
        ECPrivateKey key = ECPrivateKey.getInstance(blocks(file).get(0));
        return new PrivateKeyInfo(
            new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, key.getParametersObject()),
            key);
    }

    static PrivateKey privateKey(String file) throws Exception {
        byte[] encoded = privateKeyInfo(file).getEncoded();
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
    }

    static PublicKey publicKey(String file) throws Exception {
        byte[] encoded = blocks(file).get(0);
        return KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(encoded));
    }

    static Certificate certificate(byte[] encoded) throws CertificateException {
        return CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(encoded));
    }

    static Certificate[] certificates(String file) throws Exception {
        try (FileInputStream in = new FileInputStream(file)) {
            return CertificateFactory.getInstance("X.509")
                .generateCertificates(in)
                .toArray(new Certificate[0]);
        }
    }
}
