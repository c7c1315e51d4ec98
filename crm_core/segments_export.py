"""A segment as a file from a shell: people to contact by a channel, or its customers without addresses to look into.

python -m crm_core segments export Champions --channel email champions.csv
"""
from pathlib import Path

from crm_core.contacts import contact_list
from crm_core.errors import FileNotWritable, SegmentUnknown
from crm_core.harmless import no_formula
from crm_core.tables import CHANNELS


def add_export(parts, common, say, opened) -> None:
    """The part `export` of the command `segments`. `opened(chosen)` opens the book."""
    parser = parts.add_parser("export", parents=[common], help=say("segments_export.help"), say=say)
    parser.add_argument("name", metavar="NAME", help=say("segments_export.name_help"))
    parser.add_argument("file", metavar="OUT.csv", help=say("segments_export.file_help"))
    parser.add_argument("--channel", choices=CHANNELS, help=say("segments_export.channel_help"))
    parser.set_defaults(work=lambda chosen, say: export(chosen, say, opened))


def export(chosen, say, opened) -> int:
    path = Path(chosen.file)
    if path.exists() or not path.absolute().parent.is_dir():
        raise FileNotWritable(path=chosen.file)
    book = opened(chosen)
    try:
        segment = find_segment(book.frame("segments_kept"), chosen.name)
        if chosen.channel:
            with book.look() as look:
                found = contact_list(look, chosen.channel, segment_id=int(segment.id))
            people, left_out = found.people, found.left_out
        else:
            people, left_out = book.frame("segment_customers", segment_id=int(segment.id)), {}
            people = people.rename(columns={"id": "customer_id"})
    finally:
        book.close()
    names = {column: say(f"contacts.column.{column}") for column in people.columns}
    try:
        people.rename(columns=names).map(no_formula).to_csv(path, index=False, encoding="utf-8-sig")
    except OSError as error:
        raise FileNotWritable(path=chosen.file) from error
    print(say("segments_export.done", name=segment["name"], as_of=segment.as_of.date(), count=len(people),
              path=str(path)))
    for reason, count in left_out.items():
        if count:
            print("  " + say(f"contacts.left_out.{reason}", count=count))
    return 0


def find_segment(segments, name: str):
    """The kept segment of a name, the newest of several, or the one of that number. Raises SegmentUnknown."""
    found = segments[segments.name.str.casefold() == name.strip().casefold()]
    if found.empty and name.isdigit():
        found = segments[segments.id == int(name)]
    if found.empty:
        raise SegmentUnknown(name=name, known=", ".join(segments.name.drop_duplicates().head(8)))
    return found.iloc[0]
