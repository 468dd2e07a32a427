/* A DTLS 1.2 echo server on wolfSSL, for one client after the other.

   usage: wolfssl_server PORT SUITE psk IDENTITY KEY_HEX
          wolfssl_server PORT SUITE certificate CHAIN KEY ROOT

   SUITE is a list in wolfSSL's words, with colons; ROOT is - to ask clients for nothing. */

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *identity, *key_hex;

static void check(int ok, const char *what)
{
    if (!ok) {
        printf("failed: %s\n", what);
        exit(1);
    }
}

static unsigned int on_psk(WOLFSSL *session, const char *name, unsigned char *key, unsigned int room)
{
    unsigned int size = strlen(key_hex) / 2, i;
    (void)session;
    if (strcmp(name, identity) != 0 || size > room)
        return 0;
    for (i = 0; i < size; i++)
        sscanf(key_hex + 2 * i, "%2hhx", &key[i]);
    return size;
}

static WOLFSSL_CTX *context(char **words)
{
    WOLFSSL_CTX *made = wolfSSL_CTX_new(wolfDTLSv1_2_server_method());
    check(made != NULL, "context");
    if (strcmp(words[3], "psk") == 0) {
        identity = words[4];
        key_hex = words[5];
        wolfSSL_CTX_set_psk_server_callback(made, on_psk);
    } else {
        check(wolfSSL_CTX_use_certificate_chain_file(made, words[4]) == 1, "certificate");
        check(wolfSSL_CTX_use_PrivateKey_file(made, words[5], SSL_FILETYPE_PEM) == 1, "key");
        if (strcmp(words[6], "-") != 0) {
            check(wolfSSL_CTX_load_verify_locations(made, words[6], NULL) == 1, "root");
            wolfSSL_CTX_set_verify(
                made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        }
    }
    check(wolfSSL_CTX_set_cipher_list(made, words[2]) == 1, "suites");
    return made;
}

static void serve(WOLFSSL_CTX *shared, int port, int first)
{
    static char buffer[16384];
    struct sockaddr_in own = {0}, peer;
    socklen_t length = sizeof peer;
    int s = socket(AF_INET, SOCK_DGRAM, 0), on = 1, size;
    WOLFSSL *session = wolfSSL_new(shared);

    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(s, (struct sockaddr *)&own, sizeof own) == 0, "bind");
    if (first)
        puts("listening");
    recvfrom(s, buffer, sizeof buffer, MSG_PEEK, (struct sockaddr *)&peer, &length);
    wolfSSL_dtls_set_peer(session, &peer, length);
    wolfSSL_set_fd(session, s);
    if (wolfSSL_accept(session) == 1)
        while ((size = wolfSSL_read(session, buffer, sizeof buffer)) > 0)
            wolfSSL_write(session, buffer, size);
    else
        printf("no handshake: %s\n",
               wolfSSL_ERR_error_string(wolfSSL_get_error(session, -1), buffer));
    wolfSSL_free(session);
    close(s);
}

int main(int count, char **words)
{
    WOLFSSL_CTX *shared;
    int first = 1;

    setbuf(stdout, NULL);
    check(count >= 6, "arguments");
    wolfSSL_Init();
    shared = context(words);
    for (;;) {
        serve(shared, atoi(words[1]), first);
        first = 0;
    }
}
