using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OllamaProxy.Simulator;
using OllamaProxy.Tests.Api.Calls;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Api.Models;

/// <summary>What clients are told of the models of all backends together, and how they manage them.</summary>
public sealed class BackendModelsTests
{
    [Fact]
    public async Task Models_are_told_of_as_if_there_were_one_Ollama()
    {
        await using var rig = await TwoBackends.StartAsync(["a", "both"], ["b", "both"]);
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/api/tags", "models", "name"));
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/v1/models", "data", "id"));
        Assert.Equal(["a:latest", "b:latest", "both:latest"], await NamesAsync("/api/v1/models", "models", "name"));
        await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "a" }));
        await rig.Proxy.ResultAsync(await rig.Proxy.SubmitAsync(new { prompt = "hi", model = "b" }));
        Assert.Equal(["a:latest", "b:latest"], await NamesAsync("/api/ps", "models", "name"));
        Assert.Equal(2, (await rig.Proxy.GetAsync("/api/v1/stats")).GetProperty("backends").GetArrayLength());

        foreach (var model in new[] { "a", "b" })
        {
            using var show = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model });
            Assert.Equal(HttpStatusCode.OK, show.StatusCode);
            using var one = await rig.Proxy.Client.GetAsync($"/v1/models/{model}");
            Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        }
        using var unknown = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model = "nosuch" });
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model 'nosuch:latest' not found"}"""),
            (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));

        Task<IEnumerable<string?>> NamesAsync(string path, string list, string name) => TwoBackends.NamesAsync(rig.Proxy, path, list, name);
    }

    [Fact]
    public async Task A_model_is_not_said_to_be_missing_while_a_backend_that_may_have_it_is_away()
    {
        await using var rig = await TwoBackends.StartAsync(["a"], ["b"]);
        await rig.Two.RefuseAsync();
        foreach (var (model, status) in new[]
        {
            ("a", HttpStatusCode.OK), ("b", HttpStatusCode.ServiceUnavailable), ("nosuch", HttpStatusCode.NotFound),
        })
        {
            using var show = await rig.Proxy.Client.PostAsJsonAsync("/api/show", new { model });
            using var one = await rig.Proxy.Client.GetAsync($"/v1/models/{model}");
            Assert.Equal((model, status, status), (model, show.StatusCode, one.StatusCode));
        }
    }

    [Fact]
    public async Task Of_a_backend_nothing_is_told_that_it_is_not_to_be_used_for()
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Models = ["a", "both"] });
        await using var two = await OllamaSimulator.StartAsync(new() { Models = ["tiny", "both", "other"] });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null, ("OLLAMA_URL", $"{two.BaseAddress};models=tiny"));
        Assert.Equal(["tiny:latest"], await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name"));
        Assert.Equal(["tiny:latest"], await TwoBackends.NamesAsync(proxy, "/v1/models", "data", "id"));
        Assert.Equal(["tiny:latest"], await TwoBackends.NamesAsync(proxy, "/api/v1/models", "models", "name"));
        using var other = await proxy.Client.PostAsJsonAsync("/api/show", new { model = "other" });
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model 'other' not found"}"""),
            (other.StatusCode, await other.Content.ReadAsStringAsync()));
        using var compatible = await proxy.Client.GetAsync("/v1/models/other");
        Assert.Equal(HttpStatusCode.NotFound, compatible.StatusCode);
        Assert.Equal(
            "model 'other' not found",
            CallTests.Text((await compatible.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error"), "message"));

        await proxy.RestartAsync(("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress};models=tiny"));
        string[] all = ["a:latest", "both:latest", "tiny:latest"];
        await Eventually.NotNull(
            async () => (await TwoBackends.NamesAsync(proxy, "/api/tags", "models", "name")).SequenceEqual(all) ? "" : null,
            "both to be known");
        using var still = await proxy.Client.PostAsJsonAsync("/api/show", new { model = "other" });
        Assert.Equal(HttpStatusCode.NotFound, still.StatusCode);

        await proxy.RestartAsync(("OLLAMA_URL", two.BaseAddress.ToString()));
        using var direct = new HttpClient { BaseAddress = two.BaseAddress };
        Assert.Equal(await direct.GetByteArrayAsync("/api/tags"), await proxy.Client.GetByteArrayAsync("/api/tags"));
    }

    [Fact]
    public async Task A_model_is_deleted_wherever_it_is()
    {
        await using var rig = await TwoBackends.StartAsync(["a", "both"], ["b", "both"],
            settings: ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        Assert.Equal(HttpStatusCode.OK, await DeleteAsync("both"));
        Assert.Equal(["a:latest", "b:latest"], await TwoBackends.NamesAsync(rig.Proxy, "/api/tags", "models", "name"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync("both"));
        Assert.Equal(HttpStatusCode.OK, await DeleteAsync("b"));
        Assert.Equal(["a:latest"], await TwoBackends.NamesAsync(rig.Proxy, "/api/tags", "models", "name"));

        async Task<HttpStatusCode> DeleteAsync(string model)
        {
            using var response = await rig.Proxy.Client.SendAsync(
                new(HttpMethod.Delete, "/api/delete") { Content = JsonContent.Create(new { model }) });
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task The_version_is_the_lowest()
    {
        await using var one = await OllamaSimulator.StartAsync(new() { Version = "0.33.0-rc2" });
        await using var two = await OllamaSimulator.StartAsync(new() { Version = "0.9.1" });
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Server, null,
            ("OLLAMA_URL", $"{one.BaseAddress},{two.BaseAddress}"));
        Assert.Equal("0.9.1", CallTests.Text(await proxy.GetAsync("/api/version"), "version"));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task Models_are_managed_where_the_settings_allow_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host), null,
            ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));
        var pulled = await SendAsync(HttpMethod.Post, "/api/pull", """{"model":"fresh"}""");
        Assert.EndsWith("""{"status":"success"}""", (await pulled.Content.ReadAsStringAsync()).TrimEnd(), StringComparison.Ordinal);
        Assert.Equal("application/x-ndjson", pulled.Content.Headers.ContentType!.MediaType);
        Assert.Contains("fresh", await proxy.Client.GetStringAsync("/api/tags"), StringComparison.Ordinal);
        Assert.Equal(
            HttpStatusCode.OK, (await SendAsync(HttpMethod.Post, "/api/copy", """{"source":"fresh","destination":"copied"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Delete, "/api/delete", """{"model":"fresh"}""")).StatusCode);
        var missing = await SendAsync(HttpMethod.Delete, "/api/delete", """{"model":"fresh"}""");
        Assert.Equal(
            (HttpStatusCode.NotFound, """{"error":"model 'fresh' not found"}"""),
            (missing.StatusCode, await missing.Content.ReadAsStringAsync()));

        foreach (var (origin, allowed) in new[]
        {
            ("http://evil.example", false), ("null", false), ("http://localhost:3000", true), ("http://127.0.0.1", true),
        })
            Assert.Equal(
                allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden,
                (await SendAsync(HttpMethod.Post, "/api/pull", """{"model":"fresh"}""", origin)).StatusCode);

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, string? origin = null)
        {
            var request = new HttpRequestMessage(method, path) { Content = new StringContent(body) };
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            return await proxy.Client.SendAsync(request);
        }
    }
}
