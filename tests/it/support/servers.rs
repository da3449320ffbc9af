//! Application servers as their packages bring them: the program alone, with what one test needs of it.

use std::fs;
use std::net::SocketAddr;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::command::tool;
use super::ports::free_port;
use super::ports::local;
use super::process::Process;
use super::pyjwt;
use super::wait::until;

/// A folder that servers can read which do not stay root.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Runs a script in a folder; what it says goes one way.
pub(crate) fn sh(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    // Servers put files of their own at home.
    command
        .args(["-e", "-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder)
        .env("HOME", folder);
    command
}

/// The number with which a text begins.
pub(crate) fn port_of(text: &str) -> u16 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// Runs a server that does not say when it listens.
fn listening(command: &str, folder: &Path, port: u16) -> (Process, SocketAddr) {
    let (process, _) = Process::announced(&mut sh(&format!("echo starting\n{command}"), folder), "starting");
    until("it listens", || TcpStream::connect(local(port)).is_ok());
    (process, local(port))
}

/// Apache with PHP: the application is in `application`, `site` makes of a port what its configuration says beside Debian's.
pub(crate) fn apache(folder: &Path, site: impl FnOnce(u16) -> String) -> (Process, SocketAddr) {
    // It does not take 0.
    let port = free_port();
    let configuration = folder.join("apache.conf");
    fs::write(&configuration, apache_php(folder) + &site(port)).unwrap();
    // One process, which ends at once.
    let command = format!("exec /usr/sbin/apache2 -X -f {}", configuration.display());
    listening(&command, folder, port)
}

/// What Debian's own configuration says otherwise, as far as one process of any user can have it.
fn apache_php(folder: &Path) -> String {
    let modules = Path::new("/usr/lib/apache2/modules");
    let names = fs::read_dir(modules).map(|entries| {
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.starts_with("libphp"))
            .collect::<Vec<_>>()
    });
    let names = names.unwrap_or_else(|error| panic!("{error}; `./test` installs what is lacking"));
    let php = names
        .first()
        .expect("no PHP for Apache; `./test` installs what is lacking");
    format!(
        r#"ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
Mutex file:{folder} default
ErrorLog /dev/stderr
User nobody
Group nogroup
KeepAlive Off
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dir_module {modules}/mod_dir.so
LoadModule php_module {modules}/{php}
FallbackResource /index.php
<FilesMatch "\.php$">
    SetHandler application/x-httpd-php
</FilesMatch>
<Directory "{folder}/application">
    AllowOverride All
    Require all granted
</Directory>
"#,
        folder = folder.display(),
        modules = modules.display()
    )
}

/// The server that PHP brings for those who write applications; `router` answers everything.
pub(crate) fn php(folder: &Path, router: &str) -> (Process, SocketAddr) {
    let port = free_port();
    listening(&format!("exec php -S 127.0.0.1:{port} {router}"), folder, port)
}

/// gunicorn, by the command that a reader would type, such as `gunicorn --bind 127.0.0.1:0 wsgi:application`.
pub(crate) fn gunicorn(folder: &Path, command: &str) -> (Process, SocketAddr) {
    let command = command.replacen(
        "gunicorn",
        &format!("exec {} -m gunicorn", pyjwt::python().display()),
        1,
    );
    let (process, rest) = Process::announced(&mut sh(&command, folder), "Listening at: http://127.0.0.1:");
    (process, local(port_of(&rest)))
}

/// uWSGI with nothing in front, and its usual buffer; `wsgi` is the file of the application.
pub(crate) fn uwsgi(folder: &Path, wsgi: &str) -> (Process, SocketAddr) {
    let port = free_port();
    let command = format!("exec uwsgi --plugin python3 --http-socket 127.0.0.1:{port} --wsgi-file {wsgi}");
    listening(&command, folder, port)
}

/// lighttpd, which answers everything by a program in the folder, as CGI asks (RFC 3875).
pub(crate) fn lighttpd(folder: &Path, program: &str) -> (Process, SocketAddr) {
    let port = free_port();
    let configuration = format!(
        r#"server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ( "mod_rewrite", "mod_cgi" )
url.rewrite-once = ( "" => "/{program}" )
cgi.assign = ( "{program}" => "" )
"#,
        folder = folder.display()
    );
    fs::write(folder.join("lighttpd.conf"), configuration).unwrap();
    fs::set_permissions(folder.join(program), fs::Permissions::from_mode(0o755)).unwrap();
    listening("exec /usr/sbin/lighttpd -D -f lighttpd.conf", folder, port)
}

/// One Tomcat of its own: its programs are Debian's, its folders are here.
const SERVER_XML: &str = r#"<Server port="-1"><Service name="Catalina">
<Connector address="127.0.0.1" port="0"/>
<Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps" autoDeploy="false"/></Engine>
</Service></Server>"#;
/// It looks for pages of tags in every library, at length; there are none.
const CONTEXT_XML: &str = r#"<Context><JarScanner scanClassPath="false"/></Context>"#;
const WEB_XML: &str = r#"<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0"/>"#;
/// A program that lives for seconds is not worth the second compiler.
const JAVA_OPTIONS: (&str, &str) = ("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");
const CATALINA: &str = "/usr/share/tomcat10";

/// Tomcat, once `build` has compiled what is in the folder into `webapps/ROOT/WEB-INF/classes` or into `lib`.
pub(crate) fn tomcat(folder: &Path, build: &str) -> (Process, SocketAddr) {
    for name in ["conf", "lib", "temp", "webapps/ROOT/WEB-INF/classes"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("conf/server.xml"), SERVER_XML).unwrap();
    fs::write(folder.join("conf/context.xml"), CONTEXT_XML).unwrap();
    fs::write(folder.join("conf/web.xml"), WEB_XML).unwrap();
    let mut compiler = sh(build, folder);
    tool(compiler.env(JAVA_OPTIONS.0, JAVA_OPTIONS.1), "").well();
    let catalina = PathBuf::from(CATALINA);
    let command = format!("exec {}/bin/catalina.sh run", catalina.display());
    let mut command = sh(&command, folder);
    command
        .env("CATALINA_HOME", &catalina)
        .env("CATALINA_BASE", folder)
        .env(JAVA_OPTIONS.0, JAVA_OPTIONS.1);
    let (process, rest) = Process::announced(
        &mut command,
        "Starting ProtocolHandler [\"http-nio-127.0.0.1-auto-1-",
    );
    (process, local(port_of(&rest)))
}

/// How a servlet of the application is compiled.
pub(crate) fn servlet(file: &str) -> String {
    format!("javac -d webapps/ROOT/WEB-INF/classes -cp '{CATALINA}/lib/*' {file}")
}
