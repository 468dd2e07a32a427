// A DTLS 1.2 echo server on pion.
//
// usage: pion PORT SUITE,SUITE,... psk IDENTITY KEY_HEX
//
//	pion PORT SUITE,SUITE,... certificate CHAIN KEY ROOT
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/pion/dtls/v3"
)

var suites = map[string]dtls.CipherSuiteID{
	"TLS_PSK_WITH_AES_128_CCM_8":              dtls.TLS_PSK_WITH_AES_128_CCM_8,
	"TLS_PSK_WITH_AES_128_CCM":                dtls.TLS_PSK_WITH_AES_128_CCM,
	"TLS_PSK_WITH_AES_128_GCM_SHA256":         dtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
	"TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8":      dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8,
	"TLS_ECDHE_ECDSA_WITH_AES_128_CCM":        dtls.TLS_ECDHE_ECDSA_WITH_AES_128_CCM,
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 16384)
	for {
		size, err := connection.Read(buffer)
		if err != nil {
			fmt.Println(err)
			return
		}
		if _, err = connection.Write(buffer[:size]); err != nil {
			fmt.Println(err)
			return
		}
	}
}

func setPsk(config *dtls.Config, expected, keyHex string) {
	key, err := hex.DecodeString(keyHex)
	check(err)
	config.PSKIdentityHint = []byte("pion")
	config.PSK = func(identity []byte) ([]byte, error) {
		if string(identity) != expected {
			return nil, errors.New("unknown identity")
		}
		return key, nil
	}
}

func setCertificate(config *dtls.Config, chain, key, root string) {
	pair, err := tls.LoadX509KeyPair(chain, key)
	check(err)
	config.Certificates = []tls.Certificate{pair}
	if root == "-" {
		return
	}
	text, err := os.ReadFile(root)
	check(err)
	config.ClientAuth = dtls.RequireAndVerifyClientCert
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		check(errors.New("no certificate in " + root))
	}
}

func main() {
	port, err := strconv.Atoi(os.Args[1])
	check(err)
	config := &dtls.Config{ExtendedMasterSecret: dtls.RequireExtendedMasterSecret}
	for _, name := range strings.Split(os.Args[2], ",") {
		config.CipherSuites = append(config.CipherSuites, suites[name])
	}
	if os.Args[3] == "psk" {
		setPsk(config, os.Args[4], os.Args[5])
	} else {
		setCertificate(config, os.Args[4], os.Args[5], os.Args[6])
	}
	listener, err := dtls.Listen("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, config)
	check(err)
	fmt.Println("listening")
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Println(err)
			continue
		}
		go echo(connection)
	}
}
