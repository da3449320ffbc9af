<?php
// An application that was there before: it greets whom the web server says is signed in.
header('Content-Type: text/plain; charset=utf-8');
echo 'user=', $_SERVER['REMOTE_USER'] ?? 'nobody', ' name=', $_SERVER['GUICHET']['family_name'] ?? '';
