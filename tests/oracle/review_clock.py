"""When a review may expect its decision, worked out once more from the fact tables alone (E10).

    python3 review_clock.py FOLDER COUNT SEED

Prints for every market country COUNT starts in 2026 to 2028, one a line, in microseconds since 1970:
REGION KIND START EXPECTED_FROM EXPECTED_BY. KIND says how the start was chosen: anywhere, near a
local midnight, on a day when clocks change or up to nine days before, or before a day off.
"""

import csv
import datetime
import os
import random
import sys
import zoneinfo

FIRST, LAST = datetime.date(2026, 1, 1), datetime.date(2028, 12, 31)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Country:
    def __init__(self, zone, weekend, holidays):
        self.zone = zone
        self.weekend = weekend
        self.holidays = holidays
        self.starts = {}

    def local(self, second):
        return datetime.datetime.fromtimestamp(second, self.zone)

    def is_day_off(self, date):
        return WEEKDAYS[date.weekday()] in self.weekend or date in self.holidays

    def start_of(self, date):
        """The first second at which calendars in the country show the date or a later one."""
        if date not in self.starts:
            noon = datetime.datetime.combine(date, datetime.time(12), datetime.timezone.utc)
            before = int((noon - EPOCH).total_seconds()) - 48 * 3600
            after = before + 96 * 3600
            while after - before > 1:
                middle = (before + after) // 2
                if self.local(middle).date() < date:
                    before = middle
                else:
                    after = middle
            self.starts[date] = after
        return self.starts[date]

    def end_of_day(self, start, n):
        """The end, in microseconds, of the nth business day after the local date of the start."""
        date = self.local(start // 1_000_000).date()
        n_left = n
        while n_left > 0:
            date += DAY
            if not self.is_day_off(date):
                n_left -= 1
        return self.start_of(date + DAY) * 1_000_000

    def days_of_change(self):
        days = []
        date = FIRST
        while date <= LAST:
            if self.start_of(date + DAY) - self.start_of(date) != 24 * 3600:
                days.append(date)
            date += DAY
        return days


def some_start(choose, country, changes):
    span = (LAST - FIRST).days
    kind = choose.choice(["anywhere", "anywhere", "midnight", "change", "before-off"])
    date = FIRST + DAY * choose.randrange(span)
    if kind == "midnight":
        near = choose.choice([-1, 0, 1, choose.randrange(-3_000_000, 3_000_000)])
        return kind, country.start_of(date) * 1_000_000 + near
    if kind == "change" and changes:
        date = max(FIRST, choose.choice(changes) - DAY * choose.choice([0, 0, 0, *range(1, 10)]))
    elif kind == "change":
        kind = "anywhere"
    if kind == "before-off":
        while not country.is_day_off(date + DAY):
            date += DAY
    begin, end = country.start_of(date), country.start_of(date + DAY)
    return kind, choose.randrange(begin * 1_000_000, end * 1_000_000)


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    zones = {it["region_code"]: it for it in rows(folder, "business_calendars.csv")}
    holidays = {}
    for it in rows(folder, "holidays.csv"):
        day = datetime.date.fromisoformat(it["date"])
        holidays.setdefault(it["region_code"], set()).add(day)
    for market in rows(folder, "markets.csv"):
        region = market["region_code"]
        zone = zoneinfo.ZoneInfo(zones[region]["time_zone"])
        weekend = set(zones[region]["weekend"].split())
        country = Country(zone, weekend, holidays.get(region, set()))
        changes = country.days_of_change()
        choose = random.Random(f"{seed} {region}")
        for _ in range(count):
            kind, start = some_start(choose, country, changes)
            ends = [country.end_of_day(start, n) for n in (3, 5)]
            print(region, kind, start, *ends)


main()
