#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of `audit --html`. How it looks and answers to keys was looked at in Chromium.
load common

setup() {
    cd "$BATS_TEST_TMPDIR" || return
}

host() { "$BUILD/tests/cli/inventory_fleet" "$@"; }

# What python3's parser of HTML makes of a page: elements that are not closed as they were opened,
# attributes with the name of an event, links to elsewhere; then the data.
read_page() {
    python3 - "$1" << 'PY'
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

@test "the page allows its own program alone, by its checksum" {
    host alpha 7.2.1 0 250000 250000 | romcompat audit --html page.html - > answer
    run -0 grep -c "default-src 'none'" page.html
    sum=$(python3 -c '
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
