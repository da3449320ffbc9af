<?php
// Every variable that an application in PHP can read.
header('Content-Type: text/plain');
foreach ($_SERVER as $name => $value) {
    if (is_string($value)) {
        echo "$name=$value\n";
    }
}
foreach (getallheaders() as $name => $value) {
    echo "getallheaders $name=$value\n";
}
