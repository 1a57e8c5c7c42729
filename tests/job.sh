#!/usr/bin/env bash
# A job as GitHub runs it: fails on a planted repost, passes with a baseline, fails on a third copy.
# Usage: job.sh STEP TONGWEN, where STEP is what `action.yml` runs. Works in the current folder, which must be empty.
set -uo pipefail
step=$1 program=$2

export GITHUB_STEP_SUMMARY=$PWD/summary.md GITHUB_OUTPUT=$PWD/output.txt RUNNER_TEMP=$PWD
export TONGWEN_PATHS=pages TONGWEN_FLAGS='' TONGWEN_BASELINE='' TONGWEN_FORMAT=github TONGWEN_OUTPUT=''
export TONGWEN_PROGRAM=$program TONGWEN_SOURCE=/nonexistent

fail() {
    echo "job.sh: $1" >&2
    exit 1
}
# Runs the step as GitHub runs `shell: bash`: name of the step, exit code that is expected, verdict that is expected.
expect() {
    : > output.txt
    bash --noprofile --norc -eo pipefail "$step" > log.txt 2>&1
    local code=$?
    [ "$code" = "$2" ] || fail "$1: exit code $code, not $2: $(cat log.txt)"
    [ "$(cat output.txt)" = "${3:+verdict=$3}" ] || fail "$1: the output is '$(cat output.txt)'"
}
page() {
    printf '%s\n' "渡口的老船工每天清晨都要把绳索检查一遍。他说，河水记得每一个粗心的人，$1年来只有两个早晨他没有下水。" \
        '第一回是儿子出生，第二回是洪水把码头冲走了半边。如今新桥通了车，过河的人少了，他还是照旧摇橹。'
}

mkdir pages
page 四十 > pages/ferry.txt
printf '%s\n' '山上的梨树开花以后，养蜂人把箱子搬到了南坡，一住就是四十天。' > pages/pears.txt
expect 'nothing is reposted' 0 pass

page 三十 > 'pages/转载, 100%.txt'
expect 'a planted repost' 1 fail
grep -q '^::error file=pages/ferry.txt,line=1,\|^::error file=pages/转载%2C 100%25.txt,line=1,' log.txt ||
    fail "no annotation: $(cat log.txt)"
grep -q 'Gate: fail' summary.md || fail 'the summary does not say so'

"$program" gate pages --baseline known.json --update-baseline --quiet > log.txt || fail 'no baseline is made'
export TONGWEN_BASELINE=known.json
expect 'with the baseline' 0 pass
mv pages/ferry.txt pages/old.txt
expect 'a page that was renamed' 0 pass

page 三十 > pages/third.txt
expect 'a third copy' 1 fail
[ "$(grep -c '^::error' log.txt)" = 1 ] || fail "what is known is annotated too: $(cat log.txt)"
TONGWEN_FLAGS=$'--max-duplicates\n1' expect 'a third copy that may be there' 0 pass

TONGWEN_FORMAT=sarif TONGWEN_OUTPUT=found.sarif expect 'code scanning' 1 fail
grep -q '"baselineState": "new"' found.sarif || fail 'no new result in found.sarif'

# What stands in an input is an argument, and no command.
TONGWEN_PATHS='$(touch hacked)' expect 'a hostile path' 2
[ ! -e hacked ] || fail 'an input was run'
TONGWEN_BASELINE=none.json expect 'a baseline that is not there' 2
echo passed
