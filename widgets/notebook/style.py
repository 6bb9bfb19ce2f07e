"""How the widgets made of ipywidgets look; they take the front end's own colours."""

STYLE = """<style>
.te-controls .widget-html-content, .te-tree .widget-html-content { line-height: 1.5; }
.te-name { font-weight: 600; }
.te-running { color: #1a9e79; font-weight: 600; }
.te-paused { color: #b08900; font-weight: 600; }
.te-finished { color: #2b8cc4; font-weight: 600; }
.te-failed, .te-alert { color: #d5573b; font-weight: 600; }
.te-alert { display: block; padding: 4px 10px; border-left: 4px solid #d5573b; white-space: normal; }
.te-bar { display: grid; grid-template-columns: 15em 1fr 8em; gap: 10px; align-items: center; max-width: 60em; }
.te-track { height: 5px; border-radius: 3px; background: rgb(128 128 128 / 25%); }
.te-track div { height: 100%; border-radius: 3px; background: #1a9e79; }
.te-decisions .widget-html-content { line-height: 1.5; white-space: normal; }
.te-hint { opacity: 0.75; }
.te-wrong { color: #d5573b; }
.te-chip { opacity: 0.6; font-size: 11px; line-height: 22px; height: 24px; }
.te-chip.mod-active { opacity: 1; }
.te-tree select { font-family: var(--jp-code-font-family, ui-monospace, monospace); font-size: 12px; }
.te-journal { max-height: 240px; overflow: auto; line-height: 1.5; }
.te-journal time { opacity: 0.6; margin-right: 0.8em; font-variant-numeric: tabular-nums; }
</style>"""
