package chaos_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/ssespec/ssespec/fixtures"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// selfSigned is a certificate for the usual host that nobody vouches for.
var selfSigned = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: c}
})

// secured serves s with that certificate and the given protocols; the configuration trusts it.
func (g *stage) secured(s *fixtures.Server, protocols ...string) (dialFunc, *tls.Config) {
	cfg := &tls.Config{Certificates: []tls.Certificate{selfSigned()}, NextProtos: protocols}
	cfg.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		if slices.Contains(protocols, "h2") && !slices.Contains(hello.SupportedProtos, "h2") {
			strict := cfg.Clone() // with h2 in it crypto/tls lets who offers http/1.1 alone pass: no RFC 7301, 3.2
			strict.NextProtos = []string{"none"}
			return strict, nil
		}
		return nil, nil
	}
	trust := x509.NewCertPool()
	trust.AddCert(selfSigned().Leaf)
	return g.scripted(func(c *fixtures.Conn) { s.ServeConn(g.ctx, tls.Server(c, cfg)) }), &tls.Config{RootCAs: trust}
}
