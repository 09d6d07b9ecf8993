"""A rotation plan as an iCalendar file (RFC 5545): one all-day event for each block.

An event's UID stays the same when its block moves, so that taking the file in again changes the entries that are there
instead of adding others. A block that is gone cannot be taken out of a calendar this way.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from quizzes.people.rotation_store import Rotation

__all__ = ["icalendar"]

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def icalendar(rotation: Rotation, names: Mapping[str, str], residents: Mapping[str, str]) -> bytes:
    """Return the calendar of a plan.

    Parameters
    ----------
    names : mapping
        Key of each section, nuclear medicine too → its name.
    residents : mapping
        Id → name of those who are alongside.
    """
    # Loaded by those who take a calendar along.
    from icalendar import Calendar, Event
    from icalendar.enums import TRANSP

    calendar = Calendar.new(name="Radiology rotation", prodid="-//Readout//Rotation plan//EN")
    seen: Counter[str] = Counter()
    # A newer plan has a higher number, which calendars need to accept the change.
    sequence = max(int((rotation.changed_at - _EPOCH).total_seconds()), 0)
    for one in rotation.plan.blocks:
        seen[one.section] += 1
        who = residents.get(one.resident_id or "", "")
        event = Event.new(
            uid=f"{rotation.id}-{one.section}-{seen[one.section]}@readout",
            summary=f"Radiology: {names.get(one.section, one.section)}",
            description="\n".join(filter(None, [f"Resident alongside: {who}" if who else "", one.note])) or None,
            start=one.starts_on,
            # The end of an all-day event is the day after its last.
            end=one.ends_on + timedelta(days=1),
            stamp=rotation.changed_at,
            last_modified=rotation.changed_at,
            sequence=sequence,
            # Somebody on rotation can still be invited.
            transparency=TRANSP.TRANSPARENT,
        )
        calendar.add_component(event)
    return bytes(calendar.to_ical())
