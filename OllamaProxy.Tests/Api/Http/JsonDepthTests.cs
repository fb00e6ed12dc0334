using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Http;

/// <summary>JSON that is nested too deeply: a reader that recurs, or stops at a depth of its own, must not fail at it.</summary>
public sealed class JsonDepthTests
{
    private const string Known = "01a21956-b79a-7c1e-95eb-293a120dc3b7";

    /// <summary>What this program reads itself: the levels around the place of the nesting are counted, too.</summary>
    private static readonly (string Method, string Path, string Body, int Around)[] Read =
    [
        ("POST", "/api/v1/prompt", """{"prompt":"p","options":{"a":$}}""", 2),
        ("POST", "/api/v1/prompt", """{"prompt":"p","metadata":{"a":$}}""", 2),
        ("POST", "/api/v1/prompt", """{"prompt":"p","format":{"a":$}}""", 2),
        ("POST", "/api/v1/prompts", """[{"prompt":"p","metadata":{"a":$}}]""", 3),
        ("POST", "/api/v1/prompts", """{"prompt":"p","unknown":$}""", 1),
        ("PUT", "/api/v1/prompt/01a21956-b79a-7c1e-95eb-293a120dc3b8", """{"prompt":"p","unknown":$}""", 1),
        ("POST", $"/api/v1/prompt/{Known}/repeat", """{"unknown":$}""", 1),
        ("PATCH", $"/api/v1/prompt/{Known}", """{"priority":1,"unknown":$}""", 1),
        ("POST", "/api/v1/queue/pause", """{"model":"none","unknown":$}""", 1),
        ("POST", "/api/v1/queue/resume", """{"model":"none","unknown":$}""", 1),
        ("POST", "/api/v1/session", """{"key":"none","unknown":$}""", 1),
    ];

    /// <summary>What goes to Ollama as it came.</summary>
    private static readonly (string Path, string Body)[] Passed =
    [
        ("/api/generate", """{"model":"tiny","prompt":"p","options":{"a":$}}"""),
        ("/api/generate", """{"model":"tiny","prompt":"p","a":$,"keep_alive":null}"""),
        ("/api/chat", """{"model":"tiny","messages":[{"role":"user","content":"p","images":$}],"format":$}"""),
        ("/api/embed", """{"model":"tiny","input":$}"""),
        ("/api/embeddings", """{"model":"tiny","prompt":"p","options":$}"""),
        ("/v1/chat/completions", """{"model":"tiny","messages":[{"role":"user","content":$}]}"""),
        ("/v1/completions", """{"model":"tiny","prompt":$}"""),
        ("/v1/embeddings", """{"model":"tiny","input":$}"""),
        ("/v1/responses", """{"model":"tiny","input":$}"""),
        ("/v1/messages", """{"model":"tiny","max_tokens":5,"messages":$}"""),
        ("/api/show", """{"model":"tiny","a":$}"""),
        ("/api/pull", """{"model":"tiny","a":$}"""),
        ("/api/push", """{"model":"tiny","a":$}"""),
        ("/api/create", """{"model":"tiny","from":"llama3.2","a":$}"""),
        ("/api/copy", """{"source":"tiny","destination":"other","a":$}"""),
        ("/api/delete", """{"model":"none","a":$}"""),
    ];

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_is_read_here_is_400_in_plain_words_when_it_has_more_than_64_levels_and_else_taken_and_shown(string host)
    {
        using var folder = new TempFolder();
        await using var proxy = await StartAsync(host, folder);
        Assert.True((await SendAsync(proxy.Client, "PUT", $"/api/v1/prompt/{Known}", """{"prompt":"p"}""")).Status is 200 or 202);
        await proxy.ResultAsync(Known);
        foreach (var (method, path, body, around) in Read)
        {
            foreach (var levels in new[] { 65 - around, 1_000, 100_000 })
            {
                foreach (var nested in new[] { Arrays(levels), Objects(levels), new string('[', levels) })
                {
                    var (status, answer) = await SendAsync(proxy.Client, method, path, body.Replace("$", nested, StringComparison.Ordinal));
                    Assert.True(status == 400, $"{path} with {levels} levels: {status} {answer}");
                    Assert.Contains("The body is nested too deeply: it must have at most 64 levels of arrays and objects.", answer,
                        StringComparison.Ordinal);
                }
            }
            var deepest = body.Replace("$", Arrays(64 - around), StringComparison.Ordinal);
            var (deep, text) = await SendAsync(proxy.Client, method, path, deepest);
            Assert.True(deep < 500 && !text.Contains("nested", StringComparison.Ordinal), $"{path}: {deep} {text}");
        }
        await AreAllShownAsync(proxy, 8);
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_goes_to_Ollama_is_answered_as_by_Ollama_itself_however_deep_it_is_and_is_shown_afterwards(string host)
    {
        using var folder = new TempFolder();
        await using var proxy = await StartAsync(host, folder);
        using var ollama = new HttpClient { BaseAddress = proxy.Ollama.BaseAddress };
        foreach (var (path, body) in Passed)
        {
            foreach (var nested in new[] { Arrays(65), Objects(9_990), Objects(10_001), new string('[', 100_000) })
            {
                var (method, json) = (path == "/api/delete" ? "DELETE" : "POST", body.Replace("$", nested, StringComparison.Ordinal));
                var (status, answer) = await SendAsync(proxy.Client, method, path, json);
                var (expected, _) = await SendAsync(ollama, method, path, json);
                Assert.True(status == expected,
                    $"{path}, {nested.Length} characters: {status} and not {expected}, {answer[..Math.Min(answer.Length, 200)]}");
            }
        }
        await AreAllShownAsync(proxy, 40);
    }

    /// <summary>With all settings on that read a call before it is passed on.</summary>
    private static async Task<RunningProxy> StartAsync(string host, TempFolder folder)
    {
        await File.WriteAllTextAsync(folder.File("options.json"), """{"tiny":{"num_ctx":4096}}""");
        return await RunningProxy.StartAsync(ProxyHosts.Named(host), null, ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"),
            ("OLLAMA_KEEP_ALIVE", "5m"), ("OLLAMA_PROXY_MODEL_OPTIONS_FILE", folder.File("options.json")));
    }

    private static async Task AreAllShownAsync(RunningProxy proxy, int least)
    {
        var shown = 0;
        for (var (page, pages) = (1, 1); page <= pages; page++)
        {
            var list = await proxy.GetAsync($"/api/v1/prompts?page_size=100&page={page}");
            pages = list.GetProperty("total_pages").GetInt32();
            foreach (var prompt in list.GetProperty("prompts").EnumerateArray())
            {
                foreach (var part in new[] { "", "/status", "/result" })
                {
                    using var response = await proxy.Client.GetAsync($"/api/v1/prompt/{prompt.GetProperty("id").GetString()}{part}");
                    Assert.True(response.IsSuccessStatusCode, $"{prompt}{part}: {response.StatusCode}");
                    using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(), new() { MaxDepth = 100_000 });
                }
                shown++;
            }
        }
        Assert.True(shown >= least, $"{shown} prompts");
    }

    private static string Arrays(int levels) => new string('[', levels) + new string(']', levels);

    private static string Objects(int levels) =>
        new StringBuilder().Insert(0, """{"a":""", levels - 1).Append("{}").Append('}', levels - 1).ToString();

    private static async Task<(int Status, string Answer)> SendAsync(HttpClient client, string method, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(new(method), path) { Content = content };
        using var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
