-- Asks Guichet about a request: `http-request lua.guichet http://127.0.0.1:8080`.
--
-- 200: the request goes on with the fields of the answer in the place of the browser's. Anything else: the browser gets that
-- answer, and the application hears nothing. FORWARD_AUTH_SECRET is a variable of HAProxy's environment.

local SECRET = os.getenv("FORWARD_AUTH_SECRET") or ""
-- HAProxy asks up to four times, each time for so many milliseconds: 2.6 has no setting for how often. Where Guichet hangs, the
-- browser knows after five seconds.
local TIMEOUT = 1250
-- The longest answer that is given to a browser, in bytes: tune.bufsize without the room that HAProxy keeps in it.
local MOST = 30000
-- What belongs to one connection, or is said here and not by the browser.
local LEFT_OUT = {
  ["connection"] = true, ["content-length"] = true, ["expect"] = true, ["host"] = true, ["keep-alive"] = true,
  ["proxy-connection"] = true, ["te"] = true, ["trailer"] = true, ["transfer-encoding"] = true, ["upgrade"] = true,
  ["x-forward-auth-secret"] = true,
}

local function values(field)
  local list, index = {}, 0
  while field and field[index] do
    list[#list + 1], index = field[index], index + 1
  end
  return list
end

-- The browser's fields as they are, and the request that is meant.
local function question(txn, fields)
  local headers = {}
  for name, field in pairs(fields) do
    if not LEFT_OUT[name] and not name:find("^x%-forwarded%-") and not name:find("^x%-original%-") then
      headers[name] = values(field)
    end
  end
  headers["x-forward-auth-secret"] = { SECRET }
  headers["x-forwarded-method"] = { txn.sf:method() }
  headers["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
  headers["x-forwarded-host"] = values(fields["host"])
  headers["x-forwarded-uri"] = { txn.sf:pathq() }
  headers["x-forwarded-for"] = { txn.sf:src() }
  return headers
end

-- Whether a field of the answer is for the application.
local function is_told(name)
  return name:find("^x%-guichet%-") or name == "x-request-id" or name == "cookie"
end

local function pass(txn, answer)
  txn:set_var("txn.guichet", true)
  for name, field in pairs(answer) do
    if is_told(name) then
      txn.http:req_del_header(name)
      -- Of what is not known the application sees no field.
      if field[0] and field[0] ~= "" then
        txn.http:req_set_header(name, field[0])
      end
    end
  end
end

-- Another's answer as it is. A page that does not fit would become HAProxy's own 500: then the status and its fields are given,
-- and a sentence.
local function give(txn, response)
  local body, fields = response.body or "", {}
  local size = #body
  for name, field in pairs(response.headers) do
    if name ~= "connection" and name ~= "content-length" and name ~= "transfer-encoding" then
      for _, value in ipairs(values(field)) do
        fields[#fields + 1] = { name, value }
        size = size + #name + #value + 4
      end
    end
  end
  if size > MOST then
    body = "The page does not fit into tune.bufsize of HAProxy.\n"
  end
  local reply = txn:reply({ status = response.status, body = body })
  for _, field in ipairs(fields) do
    if size <= MOST or field[1] ~= "content-type" then
      reply:add_header(field[1], field[2])
    end
  end
  if size > MOST then
    reply:add_header("content-type", "text/plain")
  end
  txn:done(reply)
end

core.register_action("guichet", { "http-req" }, function(txn, guichet)
  local fields = txn.http:req_get_headers()
  local response = core.httpclient():get({
    url = guichet .. "/_guichet/auth?challenge=redirect",
    headers = question(txn, fields),
    timeout = TIMEOUT,
  })
  if response and response.status == 200 then
    pass(txn, response.headers)
  elseif response and response.status and response.status >= 300 then
    give(txn, response)
  else
    -- Guichet is away.
    txn:done(txn:reply({ status = 503, headers = { ["cache-control"] = { "no-store" } } }))
  end
end, 1)
