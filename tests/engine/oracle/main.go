// Answers what BuildKit's own libraries make of an ignore file, of its patterns, and of a tree.
// One request in JSON per line of standard input, one answer per line of standard output.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	gofs "io/fs"
	"os"
	"path"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// Names and patterns are bytes: base64 in JSON.
type request struct {
	IgnoreFile []byte   `json:"ignore_file"`
	Patterns   [][]byte `json:"patterns"`
	Paths      [][]byte `json:"paths"`
	Root       string   `json:"root"`
	Includes   [][]byte `json:"includes"`
	Follow     [][]byte `json:"follow"`
}

type entry struct {
	Path    []byte            `json:"path"`
	Mode    uint32            `json:"mode"`
	Size    int64             `json:"size"`
	ModTime int64             `json:"mod_time"`
	Link    []byte            `json:"link"`
	Major   int64             `json:"major"`
	Minor   int64             `json:"minor"`
	Xattrs  map[string][]byte `json:"xattrs"`
}

type answer struct {
	Patterns [][]byte `json:"patterns"`
	Ignored  []bool   `json:"ignored"`
	Entries  []entry  `json:"entries"`
	Error    string   `json:"error"`
}

func main() {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		found := answer{}
		if err = json.Unmarshal(line, &asked); err == nil {
			found, err = reply(asked)
		}
		if err != nil {
			found.Error = err.Error()
		}
		if output.Encode(found) != nil {
			return
		}
	}
}

func reply(asked request) (answer, error) {
	if asked.Root != "" {
		entries, err := walk(asked)
		return answer{Entries: entries}, err
	}
	if asked.Patterns == nil {
		patterns, err := ignorefile.ReadAll(bytes.NewReader(asked.IgnoreFile))
		return answer{Patterns: encode(patterns)}, err
	}
	ignored, err := match(asked)
	return answer{Ignored: ignored}, err
}

// match does for each path what fsutil's filter does on its way down to it.
func match(asked request) ([]bool, error) {
	matcher, err := patternmatcher.New(decode(asked.Patterns))
	if err != nil {
		return nil, err
	}
	ignored := make([]bool, 0, len(asked.Paths))
	for _, name := range asked.Paths {
		var info patternmatcher.MatchInfo
		var matched bool
		parts := strings.Split(string(name), "/")
		for depth := range parts {
			matched, info, err = matcher.MatchesUsingParentResults(path.Join(parts[:depth+1]...), info)
			if err != nil {
				return nil, err
			}
		}
		ignored = append(ignored, matched)
	}
	return ignored, nil
}

func walk(asked request) ([]entry, error) {
	entries := []entry{}
	tree, err := fsutil.NewFS(asked.Root)
	if err != nil {
		return nil, err
	}
	options := fsutil.FilterOpt{
		IncludePatterns: decode(asked.Includes),
		ExcludePatterns: decode(asked.Patterns),
		FollowPaths:     decode(asked.Follow),
	}
	filtered, err := fsutil.NewFilterFS(tree, &options)
	if err != nil {
		return nil, err
	}
	err = filtered.Walk(context.Background(), "", func(_ string, found gofs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := found.Info()
		if err != nil {
			return err
		}
		stat, known := info.Sys().(*types.Stat)
		if !known {
			return errors.New("an entry without its stat")
		}
		entries = append(entries, entry{
			[]byte(stat.Path), stat.Mode, stat.Size, stat.ModTime,
			[]byte(stat.Linkname), stat.Devmajor, stat.Devminor, stat.Xattrs,
		})
		return nil
	})
	return entries, err
}

func decode(texts [][]byte) []string {
	var strings []string
	for _, text := range texts {
		strings = append(strings, string(text))
	}
	return strings
}

func encode(texts []string) [][]byte {
	encoded := [][]byte{}
	for _, text := range texts {
		encoded = append(encoded, []byte(text))
	}
	return encoded
}
