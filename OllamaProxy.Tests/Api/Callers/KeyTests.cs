using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>How callers show their keys, and what those are told who have none.</summary>
public sealed class KeyTests
{
    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_key_is_taken_from_every_place_in_which_clients_send_one(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"anybody:{SharedProxy.AliceKey}"));
        foreach (var (name, value) in new[]
        {
            ("Authorization", $"Bearer {SharedProxy.AliceKey}"), ("authorization", $"bearer  {SharedProxy.AliceKey}"),
            ("Authorization", $"Basic {basic}"), ("X-API-Key", SharedProxy.AliceKey), ("x-api-key", SharedProxy.AliceKey),
            ("Cookie", $"ollama_proxy_key={SharedProxy.AliceKey}"),
        })
        {
            using var response = await SendAsync(shared, "/api/v1/session", (name, value));
            var session = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(session.TryGetProperty("owner", out var owner), $"{name}: {value}");
            Assert.Equal("alice", owner.GetString());
        }
    }

    [Fact]
    public async Task A_key_that_a_library_sends_beside_the_right_one_does_no_harm()
    {
        await using var shared = await SharedProxy.StartAsync(nameof(ProxyHosts.Server));
        using var response = await SendAsync(
            shared, "/api/v1/prompts", ("X-API-Key", "dummy"), ("Authorization", $"Bearer {SharedProxy.BobKey}"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Without_a_known_key_the_answer_is_401_in_the_shape_of_the_API(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        foreach (var (path, errorOf) in new (string, Func<JsonElement, string?>)[]
        {
            ("/api/v1/prompts", body => body.GetProperty("detail").GetString()),
            ("/api/tags", body => body.GetProperty("error").GetString()),
            ("/v1/models", body => body.GetProperty("error").GetProperty("message").GetString()),
            ("/v1/messages", body => body.GetProperty("error").GetProperty("message").GetString()),
            ("/nowhere", body => body.GetProperty("detail").GetString()),
        })
        {
            using var without = await SendAsync(shared, path);
            Assert.Equal((HttpStatusCode.Unauthorized, "Bearer realm=\"Ollama Proxy\""),
                (without.StatusCode, without.Headers.WwwAuthenticate.ToString()));
            Assert.StartsWith("An API key is needed here.", errorOf(await without.Content.ReadFromJsonAsync<JsonElement>()));

            using var wrong = await SendAsync(shared, path, ("X-API-Key", "nobody's"));
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.Equal("This API key is not known here.", errorOf(await wrong.Content.ReadFromJsonAsync<JsonElement>()));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Basic")]
    [InlineData("Basic not-base64!")]
    [InlineData("Basic Og==")]
    [InlineData("Digest username=x")]
    public async Task Odd_credentials_are_those_of_nobody(string authorization)
    {
        await using var shared = await SharedProxy.StartAsync(nameof(ProxyHosts.Server));
        using var response = await SendAsync(shared, "/api/v1/prompts", ("Authorization", authorization));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task With_keys_any_name_of_the_host_is_served_and_pages_of_other_sites_are_still_refused(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var key = ("Authorization", $"Bearer {SharedProxy.AliceKey}");
        using var named = await SendAsync(shared, "/api/v1/prompts", key, ("Host", "queue.example.org"));
        Assert.Equal(HttpStatusCode.OK, named.StatusCode);
        using var foreign = await SendAsync(shared, "/api/v1/prompts", key, ("Origin", "https://evil.example"));
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task A_key_is_known_by_its_hash(string host)
    {
        var hash = Convert.ToHexString(SHA256.HashData("only its hash is in the settings"u8));
        await using var proxy = await RunningProxy.StartAsync(
            ProxyHosts.Named(host), null, ("OLLAMA_PROXY_API_KEYS", $"carol:sha256={hash}"));
        proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", "only its hash is in the settings");
        Assert.Equal("carol", (await proxy.GetAsync("/api/v1/session")).GetProperty("owner").GetString());
        proxy.Client.DefaultRequestHeaders.Authorization = new("Bearer", hash);
        Assert.False((await proxy.GetAsync("/api/v1/session")).TryGetProperty("owner", out _));
    }

    [Fact]
    public async Task The_file_of_keys_is_read_again_when_it_changes_and_kept_while_it_is_bad()
    {
        using var folder = new TempFolder();
        var path = folder.File("keys");
        await File.WriteAllTextAsync(path, "# The team\n\nalice:first\n");
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_PROXY_API_KEYS_FILE", path));
        using var alice = LeavingClient.Of(proxy.Client.BaseAddress!);
        alice.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "first");
        using var bob = LeavingClient.Of(proxy.Client.BaseAddress!);
        bob.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "second");
        Assert.Equal((200, 401), (await ListAsync(alice), await ListAsync(bob)));

        await WriteAsync("alice:first\nbob:second\n");
        await Eventually.NotNull(async () => await ListAsync(bob) == 200 ? "let in" : null, "Bob's key to be read");
        Assert.Equal(200, await ListAsync(alice));

        await WriteAsync("bob");
        await WriteAsync("carol:third\nbob:second");
        await Eventually.NotNull(async () => await ListAsync(alice) == 401 ? "out" : null, "Alice's key to be gone");
        Assert.Equal(200, await ListAsync(bob));

        // In one step, as an editor does it: an empty file is one without keys.
        async Task WriteAsync(string keys)
        {
            await File.WriteAllTextAsync(folder.File("new"), keys);
            File.Move(folder.File("new"), path, overwrite: true);
        }

        static Task<int> ListAsync(HttpClient client) => client.StatusOfAsync(HttpMethod.Get, "/api/v1/prompts");
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task Nothing_that_is_stored_or_answered_has_a_key_in_it(string host)
    {
        await using var shared = await SharedProxy.StartAsync(host);
        var id = await shared.Alice.SubmitAsync(new { prompt = "hello" });
        await shared.Alice.ResultAsync(id);
        using (var call = await shared.Alice.PostAsJsonAsync("/api/chat",
            new { model = "llama3.2", stream = false, messages = new[] { new { role = "user", content = "hi" } } }))
            call.EnsureSuccessStatusCode();

        foreach (var path in new[] { "/api/v1/prompts", $"/api/v1/prompt/{id}", "/api/v1/stats", "/api/v1/session", "/", "/list" })
            Assert.DoesNotContain("key-of", await shared.Alice.GetStringAsync(path), StringComparison.Ordinal);
        Assert.All(shared.Proxy.Ollama.Requests.All, request =>
            Assert.DoesNotContain(request.Headers, header => header.Value.ToString().Contains("key-of", StringComparison.Ordinal)));
        foreach (var row in await shared.Proxy.Home.QueryAsync("SELECT headers FROM calls"))
            Assert.DoesNotContain("key-of", (string)row[0]!, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> SendAsync(SharedProxy shared, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        return await shared.Anybody.SendAsync(request);
    }
}
