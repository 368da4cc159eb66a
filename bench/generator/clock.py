"""Months and days as numpy arrays."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

DAY = "datetime64[D]"
HOLIDAYS = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "ref_holiday.csv"
# an office is open from nine to five
OPENS, OPEN_SECONDS = 9 * 3_600, 8 * 3_600
NOT_A_DAY = np.datetime64("NaT", "D")
FAR_DAY = np.datetime64("9999-12-31", "D")

# The loan prime rate since the reform of 2019: the same days as the reference seed of the project, in basis points.
LPR_DAYS = np.array(
    [
        "2019-08-20", "2019-09-20", "2019-11-20", "2020-02-20", "2020-04-20", "2021-12-20", "2022-01-20",
        "2022-05-20", "2022-08-22", "2023-06-20", "2023-08-21", "2024-02-20", "2024-07-22", "2024-10-21",
        "2025-05-20",
    ],
    dtype=DAY,
)  # fmt: skip
LPR_1Y_BP = np.array([425, 420, 415, 405, 385, 380, 370, 370, 365, 355, 345, 345, 335, 310, 300])
LPR_5Y_BP = np.array([485, 485, 480, 475, 465, 465, 460, 445, 430, 420, 420, 395, 385, 360, 350])


def day_in_month(month: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """The given day (1 to 28) of months counted from 1970-01."""
    first = np.asarray(month).astype("datetime64[M]").astype(DAY)
    return first + (np.asarray(day, dtype=np.int64) - 1)


def month_of(days: np.ndarray) -> np.ndarray:
    return np.asarray(days).astype("datetime64[M]").astype(np.int64)


def month_end(month: np.ndarray | int) -> np.ndarray:
    return (np.asarray(month) + 1).astype("datetime64[M]").astype(DAY) - 1


def add_months(days: np.ndarray, months: np.ndarray) -> np.ndarray:
    """The same day of the month, some months later; days after the 28th are not expected."""
    first = days.astype("datetime64[M]")
    return (first + np.asarray(months).astype("timedelta64[M]")).astype(DAY) + (days - first.astype(DAY))


def weekday(days: np.ndarray) -> np.ndarray:
    """0 for Monday to 6 for Sunday."""
    return (np.asarray(days).astype(DAY).astype(np.int64) + 3) % 7


def back_to_workday(days: np.ndarray) -> np.ndarray:
    """Saturdays and Sundays become the Friday before."""
    return days - np.maximum(weekday(days) - 4, 0)


def lpr_bp(days: np.ndarray, over_five_years: np.ndarray) -> np.ndarray:
    at = np.clip(np.searchsorted(LPR_DAYS, days, side="right") - 1, 0, None)
    return np.where(over_five_years, LPR_5Y_BP[at], LPR_1Y_BP[at])


def at_time(days: np.ndarray, seconds: np.ndarray | int) -> np.ndarray:
    return np.asarray(days).astype("datetime64[s]") + np.asarray(seconds, dtype="timedelta64[s]")


def office_time(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """A moment between 09:00 and 17:59 of the day, to the minute."""
    return at_time(days, rng.integers(9 * 60, 18 * 60, len(days)) * 60)


@cache
def _office_days() -> tuple[np.datetime64, np.ndarray, np.ndarray]:
    """The first day of a calendar, whether each day is open, and the open seconds before it."""
    first, last = np.datetime64("2000-01-01"), np.datetime64("2040-01-01")
    is_open = weekday(np.arange(first, last)) < 5
    with open(HOLIDAYS, encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            day = np.datetime64(row["holiday_on"])
            if first <= day < last:
                is_open[int((day - first).astype(np.int64))] = row["is_workday"] == "true"
    seconds = np.where(is_open, OPEN_SECONDS, 0)
    return first, is_open, np.cumsum(seconds) - seconds


def back_to_office_day(days: np.ndarray) -> np.ndarray:
    """A day on which the office is closed becomes the open day before."""
    first, is_open, _ = _office_days()
    newest = np.maximum.accumulate(np.where(is_open, np.arange(len(is_open)), 0))
    return first + newest[(np.asarray(days).astype(DAY) - first).astype(np.int64)]


def back_in_office_hours(moments: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The moment so many seconds of open hours before a moment at which the office is open."""
    first, _, before = _office_days()
    days = moments.astype(DAY)
    clock_time = (moments - days.astype("datetime64[s]")).astype(np.int64)
    position = before[(days - first).astype(np.int64)] + np.clip(clock_time - OPENS, 0, OPEN_SECONDS) - seconds
    place = np.searchsorted(before, position, side="right") - 1
    return at_time(first + place, OPENS + position - before[place])


def office_hours(rng: np.random.Generator, days: np.ndarray) -> np.ndarray:
    """A moment at which the office is open, to the minute."""
    return at_time(days, rng.integers(OPENS // 60, (OPENS + OPEN_SECONDS) // 60, len(days)) * 60)
