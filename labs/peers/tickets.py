#!/usr/bin/env python3
"""Writes a made-up ServiceNow export of N tickets as CSV: labs/peers/tickets.py 1000000 > tickets.csv

For measuring `journeyman import` (docs/learning.md). Rows are out of order in time, one in 50 comes twice, one in 200 is broken.
"""
import random
import sys
from datetime import datetime, timedelta

WORDS = (
    "printer mailbox access licence laptop screen password locked VPN tunnel drops meeting calendar shared folder group "
    "please help since this morning after the update cannot open error code user new starter leaves account manager needs "
    "software install request approve quickly customer waiting phone office floor two Zürich façade naïve"
).split()


def text(rng, count):
    return " ".join(rng.choices(WORDS, k=count))


def main():
    count = int(sys.argv[1])
    rng = random.Random(7)
    out = sys.stdout
    start = datetime(2023, 1, 1)
    out.write(
        "Number,Opened,Closed,Caller,Short description,Description,Category,Subcategory,Assignment group,Assigned to,State,"
        "Priority,Reassignment count,Reopen count,Time worked (minutes),Close notes,Additional comments\r\n"
    )
    for i in range(count):
        number = i if rng.random() > 0.02 else rng.randrange(max(i, 1))
        opened = start + timedelta(seconds=rng.randrange(90_000_000))
        closed = opened + timedelta(seconds=rng.randrange(600, 600_000))
        said = "\n\n".join(
            f"{opened + timedelta(minutes=7 * n + 1):%Y-%m-%d %H:%M:%S} - Person {rng.randrange(900)} (Additional comments)\n"
            + text(rng, 14)
            for n in range(rng.randrange(4), 0, -1)
        )
        row = (
            f'INC{number:07},{opened:%d/%m/%Y %H:%M:%S},{closed:%d/%m/%Y %H:%M:%S},p{rng.randrange(5000)}@client.example,"{text(rng, 7)}",'
            f'"{text(rng, 30)}\n""quoted"", {text(rng, 12)}",{rng.choice(WORDS)},{rng.choice(WORDS)},Team {rng.randrange(20)},'
            f"Tech {rng.randrange(60)},Closed,{rng.randrange(1, 5)},{rng.randrange(3)},{rng.randrange(2)},{rng.randrange(90)},"
            f'"{text(rng, 12)}","{said}"'
        )
        broken = rng.randrange(1000)
        if broken == 0:
            row = f'INC{number:07},"a quote that nobody closes, {text(rng, 9)}'
        elif broken == 1:
            row = f"INC{number:07},yesterday" + "," * 15
        elif broken == 2:
            row = text(rng, 5)
        elif broken in (3, 4):
            row = "," + row.split(",", 1)[1]
        out.write(row + "\r\n")


if __name__ == "__main__":
    main()
