"""Working examples of code of one's own; `ticket-explorer new` copies them."""
