"""Opens the HTML report in headless Chromium, narrow and wide: no script of it runs, nothing is cut off, every finding and exchange is there."""
import pathlib
import re
import subprocess
import sys
import tempfile

page = pathlib.Path(sys.argv[1])
FLAGS = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars".split()
MEASURE = """<script>document.title = ["measured", document.documentElement.scrollWidth - innerWidth,
document.querySelectorAll("article").length, document.querySelectorAll(".sequence li").length,
document.querySelectorAll("script").length, getComputedStyle(document.body).backgroundColor].join("|")</script></body>"""


def opened(width, dark=False):
    """The page as the browser sees it, with a script of ours that measures it; its own policy forbids scripts."""
    text = page.read_text()
    assert "default-src 'none'" in text, "the page has a policy"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE)
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "page.html"
        copy.write_text(text)
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        command = ["chromium", *FLAGS, *scheme, f"--user-data-dir={folder}/profile", f"--window-size={width},2000", "--dump-dom", copy.as_uri()]
        dom = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    return re.search(r"<title>measured\|(.*?)</title>", dom).group(1).split("|")


findings = page.read_text().count("<article ")
exchanges = len(re.findall(r'<li id="x\d+"', page.read_text()))
assert findings and exchanges
for width in (500, 1280):
    over, articles, rows, scripts, _ = opened(width)
    assert (int(articles), int(rows), int(scripts)) == (findings, exchanges, 1), (articles, rows, scripts)
    assert int(over) <= 0, f"{over} px wider than a window of {width}"
    print(f"ok HTML: {findings} findings and {exchanges} exchanges in a window of {width}, nothing cut off")
light, dark = opened(500)[4], opened(500, dark=True)[4]
assert light != dark, f"dark looks like light: {dark}"
print(f"ok HTML: light {light}, dark {dark}")
