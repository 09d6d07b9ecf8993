"""The look of the pages before a sign-in: one card of HTML, in the colours of the rest, without a script."""

from html import escape

from starlette.responses import HTMLResponse

__all__ = ["card", "field", "form", "hidden"]

_STYLE = """
:root { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: #0b0f13;
  color: #d7dee5; font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
main { width: 100%; max-width: 24rem; padding: 1.75rem; background: #151b21; border: 1px solid #26303a;
  border-radius: 8px; }
.mark { color: #f2b84b; font-weight: 700; letter-spacing: 0.02em; margin: 0; }
h1 { font-size: 1.6rem; letter-spacing: -0.02em; margin: 0 0 1rem; }
label { display: block; margin: 0 0 1rem; color: #a5b0ba; font-size: 0.9rem; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.65rem 0.75rem; font: inherit; font-size: 16px;
  color: #d7dee5; background: #0b0f13; border: 1px solid #4a5a68; border-radius: 8px; }
button, .button { display: block; width: 100%; padding: 0.7rem; font: inherit; font-weight: 600; color: #0b0f13;
  text-align: center; text-decoration: none; background: #f2b84b; border: 0; border-radius: 8px; cursor: pointer; }
:focus-visible { outline: 2px solid #f2b84b; outline-offset: 2px; }
.told { margin: 0 0 1rem; padding: 0.6rem 0.75rem; border-radius: 8px; background: #3a2420; color: #ffc2ad; }
.told.good { background: #16302a; color: #a9efd0; }
.hint { margin: 1.25rem 0 0; color: #a5b0ba; font-size: 0.9rem; }
.foot { margin: 1.25rem 0 0; color: #8b97a3; font-size: 0.8rem; }
a { color: #f2b84b; }
code { font-size: 0.85rem; overflow-wrap: anywhere; color: #d7dee5; }
"""
# Nothing but this text and its style: whatever a name might hold, no script runs and no form goes elsewhere.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


def card(title: str, body: str, *, told: str = "", good: bool = False, status: int = 200) -> HTMLResponse:
    """Give a page with one card; `body` is HTML, `told` is text that matters most."""
    kind = "told good" if good else "told"
    said = f'<p class="{kind}" role="{"status" if good else "alert"}">{escape(told)}</p>' if told else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} · Readout</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f'<body><main><p class="mark">Readout</p><h1>{escape(title)}</h1>{said}{body}'
        '<p class="foot">Readout teaches. It is not for diagnosis.</p></main></body></html>'
    )
    return HTMLResponse(text, status, {"Cache-Control": "no-store", "Content-Security-Policy": _POLICY})


def form(action: str, fields: str, label: str) -> str:
    """Give a form that is sent to one of our own addresses."""
    return f'<form method="post" action="{action}">{fields}<button>{escape(label)}</button></form>'


def field(name: str, label: str, value: str = "", *, secret: str = "", focus: bool = False) -> str:
    """Give a field; `secret` makes it one for a password, and is what browsers call it."""
    kind = f'type="password" autocomplete="{secret}"' if secret else 'autocomplete="username" autocapitalize="none"'
    more = " autofocus" if focus else ""
    shown = f' value="{escape(value)}"' if value else ""
    return f'<label>{escape(label)}<input name="{name}" {kind} maxlength="200"{shown} required{more}></label>'


def hidden(name: str, value: str) -> str:
    """Give a field that is not seen."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'
