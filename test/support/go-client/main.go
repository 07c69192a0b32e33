// Reads a log as any client of C2SP tlog-tiles does, with the Go project's own packages: go run main.go URL VKEY
// In the environment: AUDITOR_TOKEN, a bearer that may read the log; OLD_CHECKPOINT, a file with an earlier checkpoint.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var base = strings.TrimRight(os.Args[1], "/")

func fetch(path string, bearer string) []byte {
	request, err := http.NewRequest("GET", base+path, nil)
	check(err)
	if bearer != "" {
		request.Header.Set("Authorization", "Bearer "+bearer)
	}
	answer, err := http.DefaultClient.Do(request)
	check(err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != 200 {
		log.Fatalf("%s: %d %s", path, answer.StatusCode, body)
	}
	return body
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// tiles reads tiles of height 8 over HTTP, by their C2SP paths.
type tiles struct{ read int }

func (t *tiles) Height() int { return 8 }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		index := fmt.Sprintf("%03d", tile.N%1000)
		for n := tile.N / 1000; n > 0; n /= 1000 {
			index = fmt.Sprintf("x%03d/%s", n%1000, index)
		}
		path := fmt.Sprintf("/tlog/tile/%d/%s", tile.L, index)
		if tile.W < 256 {
			path += fmt.Sprintf(".p/%d", tile.W)
		}
		data[i] = fetch(path, "")
		t.read++
	}
	return data, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// open verifies a checkpoint and reads its tree.
func open(text []byte, verifier note.Verifier) tlog.Tree {
	opened, err := note.Open(text, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		log.Fatalf("the checkpoint is of %s", lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	return tlog.Tree{N: size, Hash: hashOf(lines[2])}
}

func hashOf(text string) tlog.Hash {
	bytes, err := base64.StdEncoding.DecodeString(text)
	check(err)
	var hash tlog.Hash
	copy(hash[:], bytes)
	return hash
}

func hashesOf(texts []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		hashes[i] = hashOf(text)
	}
	return hashes
}

func main() {
	verifier, err := note.NewVerifier(os.Args[2])
	check(err)
	old, err := os.ReadFile(os.Getenv("OLD_CHECKPOINT"))
	check(err)
	before := open(old, verifier)
	tree := open(fetch("/tlog/checkpoint", ""), verifier)
	bearer := os.Getenv("AUDITOR_TOKEN")

	reader := &tiles{}
	hashes := tlog.TileHashReader(tree, reader)
	proof, err := tlog.ProveTree(tree.N, before.N, hashes)
	check(err)
	check(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash))

	var served struct {
		Second struct{ Root string }
		Proof  []string
	}
	path := fmt.Sprintf("/api/v1/audit/proof/consistency?from=%d&to=%d", before.N, tree.N)
	check(json.Unmarshal(fetch(path, ""), &served))
	check(tlog.CheckTree(hashesOf(served.Proof), tree.N, hashOf(served.Second.Root), before.N, before.Hash))

	for _, n := range []int64{0, 1, 255, 256, before.N - 1, tree.N - 1} {
		var event struct{ Body string }
		check(json.Unmarshal(fetch(fmt.Sprintf("/api/v1/audit/events/%d", n+1), bearer), &event))
		leaf := tlog.RecordHash([]byte(event.Body))
		record, err := tlog.ProveRecord(tree.N, n, hashes)
		check(err)
		check(tlog.CheckRecord(record, tree.N, tree.Hash, n, leaf))

		receipt := string(fetch(fmt.Sprintf("/api/v1/audit/events/%d/receipt", n+1), bearer))
		head, checkpoint, _ := strings.Cut(receipt, "\n\n")
		lines := strings.Split(head, "\n")
		if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", n) {
			log.Fatalf("the receipt of event %d begins with %q", n+1, lines[:2])
		}
		of := open([]byte(checkpoint), verifier)
		check(tlog.CheckRecord(hashesOf(lines[2:]), of.N, of.Hash, n, leaf))
	}
	fmt.Printf("%d events, %d before, %d tiles read\n", tree.N, before.N, reader.read)
}
