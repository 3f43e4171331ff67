package kms

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// SecretSize is the length of the secret that keys are made of, in bytes.
const SecretSize = 32

// KMS is an http.Handler. Its methods may be called from any goroutine.
type KMS struct{ secret [SecretSize]byte }

// New returns the service whose keys are all made of a secret.
func New(secret [SecretSize]byte) *KMS { return &KMS{secret} }

// target is what the header X-Amz-Target begins with.
const target = "TrentService."

// Is reports whether a request is for this service.
func Is(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("X-Amz-Target"), target) }

// most is more than a request of this service may have: 4 KiB of plaintext, 6 KiB
// of ciphertext and 8 KiB of encryption context, in base64.
const most = 64 << 10

// MaxPlaintext is how much Encrypt takes, in bytes.
const MaxPlaintext = 4096

// asked is what is read of a request; bytes are base64 in JSON.
type asked struct {
	KeyID      string `json:"KeyId"`
	Plaintext  []byte
	Ciphertext []byte            `json:"CiphertextBlob"`
	Context    map[string]string `json:"EncryptionContext"`
}

type answered struct {
	KeyID      string `json:"KeyId"`
	Plaintext  []byte `json:",omitempty"`
	Ciphertext []byte `json:"CiphertextBlob,omitempty"`
	Algorithm  string `json:"EncryptionAlgorithm"`
}

// ServeHTTP answers a request.
func (k *KMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q asked
	body, err := io.ReadAll(io.LimitReader(r.Body, most))
	if err != nil || json.Unmarshal(body, &q) != nil {
		refuse(w, "SerializationException")
		return
	}
	a := answered{KeyID: q.KeyID, Algorithm: "SYMMETRIC_DEFAULT"}
	switch operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), target); {
	case q.KeyID == "" && (operation == "Encrypt" || operation == "Decrypt"):
		refuse(w, "NotFoundException")
		return
	case operation == "Encrypt":
		if len(q.Plaintext) == 0 || len(q.Plaintext) > MaxPlaintext {
			refuse(w, "ValidationException")
			return
		}
		a.Ciphertext = k.seal(q)
	case operation == "Decrypt":
		if a.Plaintext, err = k.open(q); err != nil {
			refuse(w, "InvalidCiphertextException")
			return
		}
	default:
		refuse(w, "UnknownOperationException")
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(a) // the caller may have gone
}

func refuse(w http.ResponseWriter, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code}) // the caller may have gone
}

func (k *KMS) seal(q asked) []byte {
	gcm := k.cipher(q.KeyID)
	nonce := make([]byte, gcm.NonceSize())
	rand.Read(nonce) // crypto/rand ends the program rather than fail
	return gcm.Seal(nonce, nonce, q.Plaintext, bound(q.Context))
}

func (k *KMS) open(q asked) ([]byte, error) {
	gcm := k.cipher(q.KeyID)
	n := min(gcm.NonceSize(), len(q.Ciphertext))
	if n < gcm.NonceSize() {
		return nil, io.ErrUnexpectedEOF
	}
	return gcm.Open(nil, q.Ciphertext[:n], q.Ciphertext[n:], bound(q.Context))
}

// cipher returns the key of an ARN, or of the id at its end.
func (k *KMS) cipher(id string) cipher.AEAD {
	key := hmac.New(sha256.New, k.secret[:])
	key.Write([]byte(id[strings.LastIndex(id, "/")+1:]))
	block, err := aes.NewCipher(key.Sum(nil))
	if err != nil {
		panic(err) // 32 bytes are a key
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return gcm
}

// bound is an encryption context as text: maps are encoded in the order of their
// keys.
func bound(context map[string]string) []byte {
	text, err := json.Marshal(context)
	if err != nil || len(context) == 0 {
		return nil // none and an empty one are the same; strings can be encoded
	}
	return text
}
