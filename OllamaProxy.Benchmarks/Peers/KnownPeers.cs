using OllamaProxy.Benchmarks.Processes;

namespace OllamaProxy.Benchmarks.Peers;

/// <summary>The peers that need no command line: YARP on Kestrel, and the reverse proxies that are on the PATH.</summary>
internal static class KnownPeers
{
    private const string NginxConfiguration = """
        daemon off;
        worker_processes auto;
        pid {folder}/nginx.pid;
        error_log stderr crit;
        events { worker_connections 1024; }
        http {
          access_log off;
          client_body_temp_path {folder}/body;
          proxy_temp_path {folder}/proxy;
          fastcgi_temp_path {folder}/fastcgi;
          uwsgi_temp_path {folder}/uwsgi;
          scgi_temp_path {folder}/scgi;
          keepalive_requests 1000000;
          upstream ollama { server {ollama}; keepalive 128; keepalive_requests 1000000; }
          server {
            listen 127.0.0.1:{port};
            location / {
              proxy_pass http://ollama;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
              proxy_set_header Host {ollama};
              proxy_buffering off;
            }
          }
        }
        """;

    private const string HAProxyConfiguration = """
        defaults
          mode http
          timeout connect 5s
          timeout client 1h
          timeout server 1h
          http-reuse always
        frontend all
          bind 127.0.0.1:{port}
          default_backend ollama
        backend ollama
          server ollama {ollama}

        """;

    /// <summary>YARP on Kestrel, a reverse proxy of a few lines, to which the targets compare this program.</summary>
    public static readonly Peer Yarp =
        new("yarp", $"{Quote("dotnet")} {Quote(YarpServer.Program.Arguments[0])} {YarpServer.Argument} {{port}} {{ollama}}");

    /// <summary>All that are there.</summary>
    public static IReadOnlyList<Peer> All =>
    [
        Yarp,
        .. new[]
        {
            new Peer("nginx", "nginx -e stderr -p {folder} -c {folder}/nginx.conf")
            {
                Files = new Dictionary<string, string> { ["nginx.conf"] = NginxConfiguration },
            },
            new Peer("haproxy", "haproxy -db -f {folder}/haproxy.cfg")
            {
                Files = new Dictionary<string, string> { ["haproxy.cfg"] = HAProxyConfiguration },
            },
        }.Where(peer => IsOnPath(peer.Name)),
    ];

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator).Append("/usr/sbin").Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));

    private static string Quote(string text) => $"'{text}'";
}
