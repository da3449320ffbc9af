"""A person who signs in: follows redirects, keeps cookies, presses the buttons of the provider's page."""

import html
import http.client
import http.cookiejar
import io
import json
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
import urllib.response

from harness.machine import REPOSITORY

NAVIGATION = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "fr-FR,fr;q=0.9",
}


class KeptConnections(urllib.request.HTTPHandler):
    """One connection to each server, as a browser keeps it; urllib alone opens one for each request."""

    def __init__(self):
        super().__init__()
        self.kept = {}

    def http_open(self, request):
        connection = self.kept.setdefault(request.host, http.client.HTTPConnection(request.host, timeout=30))
        headers = {**request.unredirected_hdrs, **request.headers}
        connection.request(request.get_method(), request.selector, request.data, headers)
        answer = connection.getresponse()
        read = urllib.response.addinfourl(io.BytesIO(answer.read()), answer.headers, request.full_url, answer.status)
        read.msg = answer.reason
        return read


class Person:
    """One browser."""

    def __init__(self, accounts="accounts.json"):
        self.account = json.loads((REPOSITORY / "tests/provider" / accounts).read_text())[0]["sub"]
        self.jar = http.cookiejar.CookieJar()
        # The certificate is this benchmark's own.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), KeptConnections(), urllib.request.HTTPSHandler(context=context)
        )

    def open(self, url, form=None, referer=None):
        headers = dict(NAVIGATION, **({"Referer": referer} if referer else {}))
        data = urllib.parse.urlencode(form).encode() if form else None
        try:
            answer = self.opener.open(urllib.request.Request(url, data=data, headers=headers), timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        return answer.geturl(), answer.status, answer.read().decode(errors="replace")

    def signs_in(self, url):
        """Opens a protected page, signs in where that leads, and has its answer in the end: the value of `Cookie`."""
        page, status, text = self.open(url)
        chooser = re.search(r'href="([^"]*/_guichet/login/[^"]*)"', text)
        if chooser:
            page, status, text = self.open(urllib.parse.urljoin(page, html.unescape(chooser[1])))
        if 'name="account"' not in text:
            raise RuntimeError(f"not at the provider but at {page}: {status}\n{text[:1000]}")
        page, status, text = self.open(page, form={"account": self.account}, referer=page)
        if status != 200 or urllib.parse.urlsplit(page).netloc != urllib.parse.urlsplit(url).netloc:
            raise RuntimeError(f"not signed in at {url} but at {page}: {status}\n{text[:1000]}")
        port_blind = urllib.parse.urlsplit(url).hostname
        mine = [cookie for cookie in self.jar if cookie.domain.split(".local")[0] == port_blind and cookie.path == "/"]
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in mine)
