"""FastMCP's client with its OAuth support: logs in headlessly and lists tools."""
import asyncio, os, subprocess, sys, webbrowser

here = os.path.dirname(os.path.abspath(__file__))


def open_(url, *a, **k):  # the user's browser
    subprocess.Popen([sys.executable, os.path.join(here, "..", "browser.py"), url], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    return True


webbrowser.open = open_
from fastmcp import Client
from fastmcp.client.auth import OAuth


async def main():
    kw = {}
    if os.environ.get("SCOPES"):
        kw["scopes"] = os.environ["SCOPES"]
    if os.environ.get("CLIENT_ID"):
        kw |= {"client_id": os.environ["CLIENT_ID"], "client_secret": os.environ.get("CLIENT_SECRET")}
    async with Client(sys.argv[1], auth=OAuth(mcp_url=sys.argv[1], **kw)) as c:
        print("tools:", [t.name for t in await c.list_tools()])


try:
    asyncio.run(asyncio.wait_for(main(), float(os.environ.get("TIMEOUT", "40"))))
    print("fastmcp: ok", sys.argv[1])
except BaseException as e:
    while isinstance(e, BaseExceptionGroup) if sys.version_info >= (3, 11) else False:
        e = e.exceptions[0]
    print(f"fastmcp: FAILED {sys.argv[1]}: {type(e).__name__}: {str(e)[:300]}")
    sys.exit(1)
