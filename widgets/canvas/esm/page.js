import { Recording } from "./recording.js";
import { Page } from "./session_page.js";

function complain(error) {
  const trouble = document.getElementById("te-trouble");
  trouble.hidden = false;
  trouble.textContent = `This page can't be shown: ${error.message}. It needs a browser of 2023 or later.`;
}

Recording.of(document.getElementById("te-words"), document.getElementById("te-numbers"))
  .then((recording) => new Page(recording))
  .catch(complain);
