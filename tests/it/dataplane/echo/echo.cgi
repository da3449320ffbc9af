#!/bin/sh
# Every variable that a program can read.
printf 'Content-Type: text/plain\r\n\r\n'
env
