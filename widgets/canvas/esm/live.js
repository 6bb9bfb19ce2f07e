import { made } from "./elements.js";
import { LiveRecording } from "./live_recording.js";
import { Page } from "./session_page.js";

/** Seconds until the next try to connect: longer after each that failed. */
const WAITS = [1, 2, 4, 8];
const KEY = "ticket-explorer";

const part = (name) => document.getElementById(`te-${name}`);

/** The connection to a broadcast, and everything on the page that a recording lacks: code, question, upload. */
class Broadcast {
  constructor() {
    this.recording = new LiveRecording();
    this.failures = 0;
    this.follows = true;
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
    this.who = kept.who ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
    const given = /^#code=([\w-]+)$/.exec(location.hash);
    if (given) history.replaceState(null, "", location.pathname);
    this.code = given?.[1] ?? kept.code ?? "";
    part("join").addEventListener("submit", (event) => {
      event.preventDefault();
      this.code = part("code").value.trim();
      this.connect();
    });
    part("live").addEventListener("click", () => this.#follow(true));
    part("answers").addEventListener("submit", (event) => this.#answer(event));
    part("file").addEventListener("change", () => this.#upload());
    if (this.code) this.connect();
    else part("code").focus();
  }

  connect() {
    clearTimeout(this.waiting);
    this.socket?.close();
    const socket = new WebSocket(`ws://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.said = "Connecting …";
    let queue = Promise.resolve();
    socket.onopen = () => socket.send(JSON.stringify({ join: this.code, who: this.who }));
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      queue = queue.then(() => (typeof data === "string" ? this.#told(JSON.parse(data)) : this.#news(data)));
      queue = queue.catch((error) => this.#complain(`This page can't be shown: ${error.message}.`));
    };
    socket.onclose = () => socket === this.socket && this.#lost();
  }

  #lost() {
    if (part("join").dataset.refused) return;
    const wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.failures += 1;
    this.#complain("The connection is lost; this page comes back by itself.");
    this.waiting = setTimeout(() => this.connect(), 1000 * wait);
  }

  #told({ refused, taken, question, collects }) {
    if (taken) part("taken").textContent = taken;
    if (refused) {
      part("join").dataset.refused = "true";
      this.#complain(refused);
      this.#shows(false);
      part("code").select();
      return;
    }
    if (collects === undefined) return;
    this.failures = 0;
    delete part("join").dataset.refused;
    sessionStorage.setItem(KEY, JSON.stringify({ who: this.who, code: this.code }));
    this.#complain("");
    this.#shows(true);
    part("upload").hidden = !collects;
    part("answers").hidden = !question;
    if (question) this.#ask(question);
  }

  #ask({ text, choices }) {
    part("question").textContent = text;
    const options = choices.map((choice, i) => Object.assign(made("button", choice), { value: i }));
    const number = Object.assign(made("input"), { type: "number", step: "any", required: true, name: "answer" });
    number.setAttribute("aria-label", "Your answer, a number");
    part("choices").replaceChildren(...(options.length ? options : [number, made("button", "Answer")]));
  }

  #answer(event) {
    event.preventDefault();
    const value = event.submitter?.value || part("answers").elements.answer?.value;
    const answer = Number(value);
    if (value !== undefined && Number.isFinite(answer)) this.#say(JSON.stringify({ answer }));
  }

  async #upload() {
    const [file] = part("file").files;
    if (file) this.#say(await file.arrayBuffer());
    part("file").value = "";
  }

  #say(words) {
    part("taken").textContent = "";
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(words);
  }

  async #news(data) {
    const news = await this.recording.take(data);
    document.title = news.title;
    part("title").textContent = news.title;
    part("facts").textContent = news.facts;
    part("standing").textContent = news.standing;
    const { isEmpty } = this.recording;
    part("nothing").hidden = !isEmpty;
    part("session").hidden = isEmpty;
    if (isEmpty) return;
    if (!this.page) {
      this.page = new Page(this.recording);
      this.page.onMove = () => this.#follow(false);
      this.#follow(true);
    } else {
      if (news.is_whole) part("journal").replaceChildren();
      this.page.renew(news.journal, this.follows ? this.recording.now : null);
    }
    document.documentElement.dataset.news = String(Number(document.documentElement.dataset.news ?? 0) + 1);
  }

  /** Go along with what is trained, or stay where a person has gone. */
  #follow(follows) {
    this.follows = follows;
    part("live").setAttribute("aria-pressed", String(follows));
    if (follows && this.page) this.page.go(this.recording.now);
  }

  #shows(isJoined) {
    part("join").hidden = isJoined;
    part("all").hidden = !isJoined;
  }

  #complain(text) {
    part("trouble").textContent = text;
    part("trouble").hidden = !text;
  }
}

new Broadcast();
