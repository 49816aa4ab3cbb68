# SPDX-License-Identifier: GPL-2.0-only
#
# awk -v fault='"device":"nic",...' -f tell.awk - what vcmsim --json tells, and a fault that an IOMMU
# reports 50 ms after the last event.
{
	if (match($0, /"ts_ns":[0-9]+/))
		last = substr($0, RSTART + 8, RLENGTH - 8)
	if (/"type":"end"/)
		printf "{\"type\":\"fault\",\"source\":\"report\",\"ts_ns\":%.0f,%s,\"reason\":0}\n",
			last + 5e7, fault
	print
}
