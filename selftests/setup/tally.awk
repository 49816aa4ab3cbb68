# SPDX-License-Identifier: GPL-2.0-only
#
# tally.awk - results in one TAP file, see tally.sh.
#
# Prints "# " lines for people and then "passed failed skipped".  -v file=NAME is how the file is
# called in those lines.

BEGIN {
	deepest = 0
	told = 4	# lines of what a test said are shown when it fails
}
# What a test said before its result, the last of it.
function remember(text) {
	said[heard++ % told] = text
}
function forget() {
	heard = 0
}
function recall(    i) {
	for (i = heard > told ? heard - told : 0; i < heard; i++)
		print "#    " said[i % told]
}
function complain(text) {
	print "# " file ": " text
	recall()
	forget()
	failed++
}
# A block ends: its plan and its results must agree.
function close_block(level) {
	if (plan[level] == "")
		complain("no plan")
	else if (plan[level] != seen[level])
		complain("planned " plan[level] " results, has " seen[level] + 0)
	plan[level] = ""
	seen[level] = 0
}
{
	sub(/\r$/, "")
	line = $0
	level = 0
	while (match(line, /^(    |  |# )/)) {
		# A comment that is no result of a nested test ends nothing.
		level++
		line = substr(line, RLENGTH + 1)
	}
}
line ~ /^1\.\.[0-9]+/ {
	if (plan[level] != "")
		complain("two plans")
	plan[level] = substr(line, 4) + 0
	if (level > deepest)
		deepest = level
	if (toupper(line) ~ /#[ \t]*SKIP/) {
		skipped++
		print "# skipped: " file ": " line
	}
	next
}
line ~ /^Bail out!/ {
	complain(line)
	next
}
line ~ /^(not )?ok([ \t]|$)/ {
	if (level > deepest)
		deepest = level
	bad = line ~ /^not /
	summary = 0
	inner_bad = 0
	for (i = deepest; i > level; i--) {
		if (plan[i] == "" && !seen[i])
			continue
		summary = 1
		inner_bad += bad_in[i]
		close_block(i)
		bad_in[i] = 0
	}
	deepest = level
	seen[level]++
	directive = toupper(line)
	if (directive ~ /#[ \t]*SKIP/) {
		if (!summary) {
			skipped++
			print "# skipped: " file ": " line
		}
	} else if (directive ~ /#[ \t]*(TODO|XFAIL)/) {
		passed += !summary
	} else if (bad) {
		bad_in[level]++
		if (!summary || !inner_bad) {
			failed++
			print "# failed: " file ": " line
			recall()
		}
	} else {
		passed += !summary
	}
	bad_in[level] += inner_bad && !bad
	forget()
	next
}
{
	remember(line)
}
END {
	for (i = deepest; i >= 0; i--)
		if (i == 0 || plan[i] != "" || seen[i])
			close_block(i)
	print passed + 0, failed + 0, skipped + 0
}
