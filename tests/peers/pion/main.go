// A DTLS 1.2 echo server with a pre-shared key on pion.
//
// usage: pion PORT IDENTITY KEY_HEX SUITE,SUITE,...
package main

import (
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
	"TLS_PSK_WITH_AES_128_CCM_8":      dtls.TLS_PSK_WITH_AES_128_CCM_8,
	"TLS_PSK_WITH_AES_128_CCM":        dtls.TLS_PSK_WITH_AES_128_CCM,
	"TLS_PSK_WITH_AES_128_GCM_SHA256": dtls.TLS_PSK_WITH_AES_128_GCM_SHA256,
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

func main() {
	port, err := strconv.Atoi(os.Args[1])
	check(err)
	key, err := hex.DecodeString(os.Args[3])
	check(err)
	config := &dtls.Config{
		PSKIdentityHint:      []byte("pion"),
		ExtendedMasterSecret: dtls.RequireExtendedMasterSecret,
		PSK: func(identity []byte) ([]byte, error) {
			if string(identity) != os.Args[2] {
				return nil, errors.New("unknown identity")
			}
			return key, nil
		},
	}
	for _, name := range strings.Split(os.Args[4], ",") {
		config.CipherSuites = append(config.CipherSuites, suites[name])
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
