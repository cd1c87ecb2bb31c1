#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of `audit --html`. `make check-page` looks at it in Chromium.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

host() { "$BUILD/tests/cli/inventory_fleet" "$@"; }

# What python3's parser of HTML makes of a page: elements that are not closed as they were opened,
# attributes with the name of an event, links to elsewhere; then the data.
read_page() {
    /usr/bin/python3 - "$1" << 'PY'
import html.parser, json, re, sys

VOID = {"meta", "input", "br", "link", "img"}
IMPLIED = {"option", "th", "td", "tr"}

class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.data, self.text = [], "", ""

    def handle_starttag(self, tag, attributes):
        if tag not in VOID and tag not in IMPLIED:
            self.open.append(tag)
        for name, value in attributes:
            if name.startswith("on") or (name in ("src", "href", "action") and not value.startswith("#")):
                print("attribute", tag, name, value)
        self.is_data = ("type", "application/json") in attributes

    def handle_endtag(self, tag):
        if tag not in IMPLIED and (not self.open or self.open.pop() != tag):
            print("not closed as opened:", tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            if self.is_data:
                self.data += data
        else:
            self.text += data

page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
print("open:", *page.open)
data = json.loads(page.data)
print("rows:", *data["rows"])
for p in data["problems"]:
    print(p["reason"], p["length"] if "length" in p else "-", p["roms"], p["pairs"])
print(page.text)
PY
}

@test "the page is well-formed and has the matrix, the problems, the fixes and the classes" {
    host alpha 7.2.1 0 250000 250000 > a.json
    host beta 7.2.1 0 300000 250000 > b.json
    run -1 romcompat audit --html page.html a.json b.json
    run -0 read_page page.html
    output_has "open:" "rows: sn ns" "length 256K" "0,1" "Class 2 (1 host)" "bucket 256K for efi-virtio.rom" "alpha" "beta"
    output_lacks "attribute" "not closed"
    run -2 romcompat audit --html /proc/none/page.html a.json
}

@test "the page has machine types that expire, variable stores, and the order of an upgrade" {
    host alpha 7.2.1 0 250000 250000 | jq -c '.guests = [{name: "g<b>", machine: "pc-q35-7.2", firmware: "efi",
        nvram: "/n/<i>.fd", store: {file: null, problem: "it is <gone>"}}]' > a.json
    run -2 --separate-stderr romcompat audit --html page.html --upgrade "a*=$TOP/tests/fuzz/corpus/package/links.rpm" a.json
    run -0 read_page page.html
    output_has "Machine types that expire" "QEMU 10.2" "QEMU 13.2" "1 guest has a store; something is wrong with 1." \
        "g<b>" "/n/<i>.fd" "it is <gone>" "The upgrade" "1 host upgraded" "is not known"
    output_lacks "attribute" "not closed"
}

@test "the page has guests with encrypted memory, with the words of the answer" {
    host alpha 7.2.1 0 250000 250000 | jq -c '.encryption = {snp: "on"} | .qemu[0].encryption = {snp: "no-refusal"} |
        .guests = [{name: "g<b>", machine: "pc-q35-7.2", firmware: "efi", encryption: "snp"}]' > a.json
    host beta 7.2.1 0 250000 250000 > b.json
    run -1 romcompat audit --html page.html a.json b.json
    output_has "Guests with encrypted memory (snp): g<b> of alpha" "start    on alpha; not known for 1"
    why=$(sed -n 's/^  migrate  //p' <<< "$output")
    run -0 read_page page.html
    output_has "Guests with encrypted memory" "g<b> of alpha" "$why" "alpha; not known for 1"
    output_lacks "attribute" "not closed"
    run -0 romcompat audit --html page.html b.json
    run -0 read_page page.html
    output_lacks encrypted
}

# bats test_tags=long
@test "a thousand classes are on the page, and in the document" {
    host alpha 7.2.1 0 250000 250000 | jq -c '. as $h | range(1000) | . as $i | $h |
        .host = "h\($i)" | .firmware = [{path: "/f.fd", size: (4096 + $i), kind: "code"}] |
        .guests = [{name: "g", machine: "pc-q35-7.2", firmware: "efi", loader: "/f.fd"}]' > k.jsonl
    # Not among the documents that are checked against schemas: it has 85 MB.
    run -1 bash -c "'$BUILD/romcompat' audit --html page.html --json k.jsonl > document"
    [ "$(LC_ALL=C grep -cF '"class": ' document)" = 1000 ]
    [ "$(LC_ALL=C grep -cF ', "verdict": "no" }' document)" = 999000 ]
    # In both lists.
    [ "$(LC_ALL=C grep -cF '{ "from": ' document)" = 1998000 ]
    [ "$(tail -n 1 document)" = "}" ]
    [ "$(grep -o '"rows":\["[^"]*"' page.html | wc -c)" = 1011 ]
}

@test "the page and the document can be had of one run" {
    host alpha 7.2.1 0 250000 250000 | jq -c '.guests = [{name: "g", machine: "pc-q35-7.2", firmware: "bios", devices: []}]' > a.json
    run -0 --separate-stderr romcompat audit --html page.html --json a.json
    [ "$(jq .expiry <<< "$output")" = null ]
    grep -q "QEMU 13.2" page.html
}

@test "the page allows its own program alone, by its checksum" {
    host alpha 7.2.1 0 250000 250000 | romcompat audit --html page.html - > answer
    run -0 grep -c "default-src 'none'" page.html
    sum=$(/usr/bin/python3 -c '
import base64, hashlib, re, sys
page = open("page.html", "rb").read()
program = re.findall(rb"<script>(.*?)</script>", page, re.S)
assert len(program) == 1
print(base64.b64encode(hashlib.sha256(program[0]).digest()).decode())')
    grep -qF "script-src 'sha256-$sum'" page.html
}

@test "hostile names are text in the page" {
    host a 7.2.1 0 250000 250000 |
        jq -c '.host = "</script><img src=x onerror=alert(1)>" | .system = "<b>\"&amp;</b>\u202e" |
            .qemu[0].machines += ["pc-q35-</script><img>-1.0"] |
            .firmware = [{path: "/x/</script><img>.fd", size: 4096, kind: "code"}]' > a.json
    host b 7.2.1 1 300000 250000 |
        jq -c '.maps = [] | .qemu[0].machines += ["pc-q35-7.1"]' > b.json
    run romcompat audit --html page.html a.json b.json
    run -0 read_page page.html
    output_has '</script><img src=x onerror=alert(1)>' '<b>"'
    output_lacks "attribute" "not closed"
    [ "$(grep -o '<script' page.html | wc -l)" = 2 ]
    run -1 grep -E '<img|<b>' page.html
}
