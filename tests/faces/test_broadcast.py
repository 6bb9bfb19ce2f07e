"""A broadcast: those who know the code see what happens, and nobody can do anything to it."""

import asyncio
import hashlib
import json
import random
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.faces.broadcast_stage import CODE, Growing, Mirror, Stage, played
from ticket_explorer.errors import InvalidValue
from widgets.broadcast import door as doors
from widgets.broadcast import guests as guest_rules
from widgets.broadcast.door import Door, join_code
from widgets.broadcast.feed import Feed
from widgets.broadcast.news import unpacked_news
from widgets.broadcast.poll import Poll
from widgets.terminal.recorded import recorded_session

pytestmark = pytest.mark.thorough
CLOSED = (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


@pytest.fixture
def growing(tmp_path: Path) -> Growing:
    found = Growing(tmp_path)
    found.grow(0.1)
    return found


def digest(path: Path) -> str:
    """Of all files of a session."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return hashlib.sha256(b"".join(str(file).encode() + file.read_bytes() for file in files)).hexdigest()


async def last(guest: aiohttp.ClientWebSocketResponse) -> aiohttp.WSMsgType:
    """How a connection ends."""
    while True:
        if (told := await guest.receive(timeout=30)).type in CLOSED:
            return told.type


def test_what_changed_adds_up_to_what_there_is(growing):
    feed, mirror = Feed(growing.path), Mirror()
    sizes = []
    for share in (0.1, 0.13, 0.16, 0.3, 0.31, 1.0):
        growing.grow(share)
        message = feed.look()
        assert message is not None
        sizes.append(len(message))
        mirror.take(message)
        assert feed.look() is None
    fresh, whole = Mirror(), Mirror()
    fresh.take(Feed(growing.path).look() or b"")
    whole.take(feed.whole())
    assert mirror.shown() == fresh.shown() == whole.shown()
    assert sizes[4] < sizes[0] / 2
    assert mirror.charts.keys() == whole.charts.keys()


def test_another_journal_in_its_place_begins_anew(growing):
    growing.grow(0.3)
    feed, mirror, fresh = Feed(growing.path), Mirror(), Mirror()
    mirror.take(feed.look() or b"")
    growing.grow(0.1)
    mirror.take(feed.look() or b"")
    fresh.take(Feed(growing.path).look() or b"")
    assert mirror.shown() == fresh.shown()


def test_a_damaged_journal_is_said_and_what_was_seen_stays(growing):
    feed, mirror = Feed(growing.path), Mirror()
    mirror.take(feed.look() or b"")
    before = mirror.shown()[:2]
    growing.journal.unlink()
    mirror.take(feed.look() or b"")
    assert mirror.shown()[:2] == before
    assert "journal" in mirror.news.standing


def test_all_who_know_the_code_are_told_the_same(growing):
    async def story(stage: Stage) -> None:
        guests = [await stage.join(f" {CODE[:3].upper()}-{CODE[3:]} ") for _ in range(3)]
        growing.grow(0.2)
        await stage.broadcast.look()
        told = {await guest.receive_bytes(timeout=30) for guest in guests}
        assert len(told) == 1
        late, now = Mirror(), Mirror()
        for message in await stage.broadcast.whole():
            late.take(message)
        now.take(stage.broadcast._feed.whole())
        assert late.shown() == now.shown()

    played(growing.path, story)


def test_without_the_code_there_is_nothing_of_the_session(growing, monkeypatch):
    monkeypatch.setattr(doors, "FIRST_WAIT", 0.01)

    async def story(stage: Stage) -> None:
        for path in ("/", "/live.js", "/live.css"):
            text = await (await stage.client.get(stage.server.make_url(path))).text()
            assert "SNR against magnitude and" not in text
            assert "://" not in text.replace("ws://${location.host}/live", "")
        assert (await stage.client.get(stage.server.make_url("/session"))).status == 404
        assert (await stage.client.post(stage.server.make_url("/live"))).status == 405
        guest = await stage.knock()
        await guest.send_json({"join": "wrong2"})
        assert "not right" in (await guest.receive_json(timeout=30))["refused"]
        assert (await guest.receive(timeout=30)).type in CLOSED
        assert len(stage.broadcast.guests) == 0

    played(growing.path, story)


HOSTILE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Host": "evil.example"},
    {"Host": "evil.example:80", "Origin": "http://evil.example:80"},
    {"Host": "127.0.0.1.evil.example"},
    {"Host": "192.0.2.7"},
]


@pytest.mark.parametrize("is_lan", [False, True])
def test_pages_of_other_hosts_reach_nothing(growing, is_lan):
    async def story(stage: Stage) -> None:
        for headers in HOSTILE:
            assert (await stage.client.get(stage.server.make_url("/"), headers=headers)).status == 403
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await stage.knock(**headers)
        own = f"127.0.0.1:{stage.server.port}"
        page = await stage.client.get(stage.server.make_url("/"), headers={"Host": own, "Origin": f"http://{own}"})
        assert page.status == 200
        assert f"connect-src 'self' ws://{own};" in page.headers["Content-Security-Policy"]
        named = {"Host": f"{socket.gethostname().lower()}:1"}
        assert (await stage.client.get(stage.server.make_url("/"), headers=named)).status == (200 if is_lan else 403)

    played(growing.path, story, is_lan=is_lan)


def nonsense(seed: int) -> str | bytes:
    """Something that no page says."""
    chance = random.Random(seed)
    texts = [
        "",
        "x" * 5000,
        "{}",
        "[" * 200,
        '{"join": "abc234"}',
        '{"answer": "0"}',
        '{"answer": NaN}',
        '{"answer": 1e999}',
        '{"answer": 1, "command": "pause"}',
        '{"type": "Pause"}',
        '{"id": 1, "command": {"type": "Stop"}}',
        json.dumps({"answer": [1] * 50}),
        "".join(chr(chance.randrange(1, 0xD000)) for _ in range(chance.randrange(1, 200))),
    ]
    return chance.choice([*texts, chance.randbytes(chance.randrange(1, 400))])


def test_who_says_anything_else_is_shown_out_and_changes_nothing(growing):
    before, poll = digest(growing.path), Poll("How many?")

    async def story(stage: Stage) -> None:
        quiet = await stage.join()
        for seed in range(60):
            guest = await (stage.join() if seed % 2 else stage.knock())
            said = nonsense(seed)
            if seed % 2 == 0 and said == '{"join": "abc234"}':
                continue
            await (guest.send_bytes(said) if isinstance(said, bytes) else guest.send_str(said))
            assert await last(guest) in CLOSED, said
        assert poll.answers == {}
        growing.grow(0.12)
        await stage.broadcast.look()
        assert not unpacked_news(await quiet.receive_bytes(timeout=30))[0].is_whole
        growing.grow(0.1)

    played(growing.path, story, poll=poll)
    assert digest(growing.path) == before


def test_who_talks_too_much_is_shown_out(growing):
    async def story(stage: Stage) -> None:
        guest = await stage.join()
        for _ in range(10):
            await guest.send_json({"answer": 1})
        assert await last(guest) in CLOSED

    played(growing.path, story, poll=Poll("How many?"))


def test_answers_come_back_one_for_each_who(growing):
    poll = Poll("Which branch is best?", ("snr", "random"))

    async def story(stage: Stage) -> None:
        for who, answer in (("a", 0), ("b", 1), ("a", 1)):
            guest = await stage.join(who=who)
            await guest.send_json({"answer": answer})
            assert "arrived" in (await guest.receive_json(timeout=30))["taken"]
        outside = await stage.join()
        await outside.send_json({"answer": 2})
        assert await last(outside) in CLOSED

    played(growing.path, story, poll=poll)
    assert poll.told == "Which branch is best? 2 answers: snr 0 · random 2"


def test_numbers_are_summed_up():
    poll = Poll("How sparse?")
    assert poll.told == "How sparse? 0 answers"
    assert [poll.take(str(i), value) for i, value in enumerate((1, 2, 9, 1e300))] == [True, True, True, False]
    assert poll.told == "How sparse? 3 answers: median 2, mean 4, from 1 to 9"


def test_one_that_never_reads_is_dropped_and_harms_nobody(growing, monkeypatch):
    monkeypatch.setattr(guest_rules, "SLOWEST", 0.5)

    async def story(stage: Stage) -> None:
        mute = socket.socket()
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        mute.connect(("127.0.0.1", stage.server.port))
        mute.sendall(b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        mute.sendall(b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
        said = json.dumps({"join": CODE}).encode()
        mute.sendall(bytes([0x81, 0x80 | len(said), 0, 0, 0, 0]) + said)
        reader = await stage.join()
        while stage.broadcast.guests.dropped == 0:
            stage.broadcast.guests.tell(bytes(1_000_000))
            assert await reader.receive_bytes(timeout=30)
        assert len(stage.broadcast.guests) == 1
        mute.close()

    played(growing.path, story)


def test_codes_are_looked_at_one_after_the_other_and_wrong_ones_cost_more_and_more(monkeypatch):
    slept = []
    now = [0.0]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(doors.asyncio, "sleep", sleep)
    guarded = Door(CODE, clock=lambda: now[0])

    async def story() -> None:
        assert await guarded.opens(CODE, "10.0.0.1")
        assert slept == []
        for _ in range(6):
            assert not await guarded.opens("guess2", "10.0.0.2")
        assert now[0] > 20
        assert await guarded.opens(CODE, "10.0.0.1")
        before = now[0]
        assert await guarded.opens(CODE, "10.0.0.2")
        assert now[0] - before == doors.LONGEST_WAIT - doors.FIRST_WAIT
        assert await guarded.opens(CODE, "10.0.0.2")

    asyncio.run(story())


def test_a_code_stays_for_a_session_and_is_a_secret_of_the_user_s(tmp_path, monkeypatch):
    monkeypatch.setenv("TICKET_EXPLORER_HOME", str(tmp_path))
    code = join_code("a")
    assert (len(code), code) == (6, join_code("a"))
    assert code != join_code("b")
    assert (tmp_path / "broadcast.secret").stat().st_mode & 0o777 == 0o600
    (tmp_path / "broadcast.secret").unlink()
    assert code != join_code("a")
    assert join_code("a", "Room-2 b4") == "room2b4"
    for wrong in ("abc", "x" * 33, "abcdé2", "abc/23"):
        with pytest.raises(InvalidValue, match="letters and digits"):
            join_code("a", wrong)


def test_the_page_s_process_knows_no_way_to_an_engine(root):
    code = "import sys, widgets.broadcast.server, widgets.broadcast.feed; print(sorted(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in ("sessions.serving", "sessions.session", "sessions.engine", "textual", "anywidget"):
        assert f"'{name}" not in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere"),
        (["tiny", "--choice", "a"], "--ask"),
        (["tiny", "--ask", "x", "--choice", "a"], "2 to 8"),
        (["tiny", "--ask", " "], "1 to 200 signs"),
        (["tiny", "--code", "abc"], "letters and digits"),
    ],
)
def test_bad_input_is_a_sentence(tiny, tell, arguments, said):
    told = tell("broadcast", *arguments)
    assert told.exit_code == 2 or "nowhere" in arguments
    assert said in told.stderr.replace("\n", " ")


def test_a_taken_port_is_a_sentence(tiny, tell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = tell("broadcast", str(tiny.path), "--port", str(taken.getsockname()[1]))
    assert told.exit_code == 2
    assert "--port" in told.stderr


def test_the_recorded_session_is_whole_in_it():
    mirror = Mirror()
    mirror.take(Feed(recorded_session()).look() or b"")
    assert mirror.news.standing == "Finished"
