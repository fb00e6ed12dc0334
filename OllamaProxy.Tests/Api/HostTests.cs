using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api;

/// <summary>Which hosts are served, over HTTP; <see cref="HostPolicyTests"/> has more of them.</summary>
public sealed class HostTests
{
    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_host_that_is_not_served_is_421_before_anything_runs_and_the_words_name_the_setting(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        foreach (var (method, path) in new[]
        {
            ("GET", "/"), ("GET", "/list"), ("GET", "/healthz"), ("POST", "/api/v1/prompt"), ("GET", "/api/v1/prompts"),
            ("POST", "/api/chat"), ("POST", "/v1/chat/completions"), ("POST", "/v1/messages"), ("GET", "/api/tags"),
            ("OPTIONS", "/api/chat"), ("GET", "/nothing"),
        })
        {
            using var request = new HttpRequestMessage(new(method), path)
            {
                Content = method == "POST" ? new StringContent("""{"model":"tiny","prompt":"hi","messages":[]}""") : null,
                // After a rebinding, the page and the server are one origin.
                Headers = { { "Origin", "http://rebound.example" }, { "Sec-Fetch-Site", "same-origin" } },
            };
            request.Headers.Host = "rebound.example";
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((path, 421), (path, (int)response.StatusCode));
            var error = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
            var words = error.ValueKind == JsonValueKind.String ? error.GetString()! : error.GetProperty("message").GetString()!;
            Assert.Contains("OLLAMA_PROXY_HOSTS", words, StringComparison.Ordinal);
            Assert.Contains("'rebound.example'", words, StringComparison.Ordinal);
        }
        Assert.Equal((0, 0), (proxy.Ollama.Requests.Count, (await proxy.GetAsync("/api/v1/prompts")).GetProperty("total").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Local_hosts_and_those_of_the_setting_are_served(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_PROXY_HOSTS", "*.example.org"), ("WEBSITE_HOSTNAME", "queue.azurewebsites.net:443"));
        foreach (var (served, status) in new[]
        {
            ("localhost:8000", 200), ("[::1]:8000", 200), ("LOCALHOST.", 200), ("nas", 200), ("host.docker.internal:8000", 200),
            ("queue.example.org", 200), ("queue.azurewebsites.net", 200), ("example.org", 421), ("other.azurewebsites.net", 421),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz");
            request.Headers.Host = served;
            using var response = await proxy.Client.SendAsync(request);
            Assert.Equal((served, status), (served, (int)response.StatusCode));
        }
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task A_client_of_HTTP_1_0_need_not_name_a_host(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var client = new TcpClient();
        await client.ConnectAsync(proxy.Client.BaseAddress!.Host, proxy.Client.BaseAddress.Port);
        await client.GetStream().WriteAsync("GET /healthz HTTP/1.0\r\n\r\n"u8.ToArray());
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.Contains(" 200 ", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }
}
