"""Fetching raw files from where their authors publish them: HTTPS, one short try, checksums."""

import os
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from ticket_explorer.errors import TicketError
from ticket_explorer.places import make_private
from ticket_explorer.tasks.catalogue import DataSet, RawFile
from ticket_explorer.tasks.raw_files import Report, check, is_genuine

TIMEOUT = 15.0
"""Seconds without an answer, or without a byte, before a download fails."""
_CHUNK = 1 << 18


def download(data: DataSet, directory: Path, report: Report) -> None:
    """Fetch the raw files of a data set that `directory` does not hold yet.

    Raises:
        TicketError: if one can't be fetched, or is not the file that was expected.
    """
    make_private(directory)
    for file in data.files:
        path = directory / file.name
        if not is_genuine(file, path):
            _fetch(data, file, path, report)
            check(data, file, path)


def _fetch(data: DataSet, file: RawFile, path: Path, report: Report) -> None:
    part, address = path.with_name(f"{path.name}.part"), data.url + file.name
    try:
        with urlopen(address, timeout=TIMEOUT) as answer, part.open("wb") as stream:
            while chunk := answer.read(_CHUNK):
                stream.write(chunk)
                report(f"downloading {file.name}", stream.tell(), file.size)
    except (URLError, OSError) as error:
        part.unlink(missing_ok=True)
        reason = getattr(error, "reason", None) or error
        raise TicketError(
            f"{address} could not be downloaded ({reason}); fetch the raw files of {data.title} in another way "
            f"and run `ticket-explorer data prepare {data.name} --from DIR`."
        ) from error
    os.replace(part, path)
