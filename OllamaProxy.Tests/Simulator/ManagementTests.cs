using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OllamaProxy.Tests.Simulator;

public sealed class ManagementTests() : SimulatorTest(new() { Models = ["tiny"], Version = "1.2.3" })
{
    [Theory]
    [InlineData("/api/pull", """{"model":"new"}""", "pulling manifest", "writing manifest", "new:latest tiny:latest")]
    [InlineData("/api/pull", """{"name":"new:7b"}""", "pulling manifest", "writing manifest", "new:7b tiny:latest")]
    [InlineData("/api/pull", """{"model":"tiny"}""", "pulling manifest", "writing manifest", "tiny:latest")]
    [InlineData("/api/push", """{"model":"tiny"}""", "retrieving manifest", "pushing manifest", "tiny:latest")]
    [InlineData("/api/create", """{"model":"new","files":{"a.gguf":"sha256:0"}}""", "parsing GGUF", "writing manifest",
        "new:latest tiny:latest")]
    [InlineData("/api/create", """{"model":"new","from":"old"}""", "pulling manifest", "writing manifest",
        "new:latest old:latest tiny:latest")]
    public async Task A_job_tells_its_progress_in_lines_or_only_its_success(string path, string body, string first, string last,
        string models)
    {
        using var response = await PostAsync(path, body);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.ToString());
        var lines = (await response.Content.ReadAsStringAsync(Patience))
            .TrimEnd().Split('\n').Select(line => JsonElement.Parse(line)).ToList();
        Assert.Equal([first, last, "success"],
            new[] { lines[0], lines[^2], lines[^1] }.Select(line => line.GetProperty("status").GetString()));
        if (path != "/api/create") Assert.Contains(lines, IsComplete);
        Assert.Equal(models, await ModelsAsync());

        using var whole = await PostAsync(path, body[..^1] + ""","stream":false}""");
        Assert.Equal("application/json", whole.Content.Headers.ContentType?.ToString());
        Assert.Equal("""{"status":"success"}""", await whole.Content.ReadAsStringAsync(Patience));
    }

    [Theory]
    [InlineData("POST", "/api/pull", "{}", 400, "invalid model name")]
    [InlineData("POST", "/api/pull", "", 400, "missing request body")]
    [InlineData("POST", "/api/push", "{}", 400, "model is required")]
    [InlineData("POST", "/api/push", """{"model":"nosuch"}""", 404, "model 'nosuch' not found")]
    [InlineData("POST", "/api/create", """{"model":"new"}""", 400, "neither 'from' or 'files' was specified")]
    [InlineData("POST", "/api/copy", """{"source":"nosuch","destination":"new"}""", 404, "model \"nosuch\" not found")]
    [InlineData("POST", "/api/copy", """{"source":"tiny"}""", 400, "destination \"\" is invalid")]
    [InlineData("DELETE", "/api/delete", """{"name":"nosuch"}""", 404, "model 'nosuch' not found")]
    [InlineData("DELETE", "/api/delete", "{}", 400, "name \"\" is invalid")]
    [InlineData("POST", "/api/blobs/sha256:1", "", 400, "invalid digest format")]
    public async Task What_cannot_be_done_is_told_in_Ollamas_words(string method, string path, string body, int status, string error)
    {
        using var response = await SendAsync(method, path, body);
        var told = JsonElement.Parse(await response.Content.ReadAsStringAsync(Patience)).GetProperty("error").GetString();
        Assert.Equal((status, error), ((int)response.StatusCode, told));
        Assert.Equal("tiny:latest", await ModelsAsync());
    }

    [Fact]
    public async Task A_copy_is_listed_first_and_answers_until_it_is_deleted()
    {
        using var copied = await PostAsync("/api/copy", """{"source":"tiny","destination":"copy"}""");
        Assert.Equal((HttpStatusCode.OK, "copy:latest tiny:latest"), (copied.StatusCode, await ModelsAsync()));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("copy"));

        using var deleted = await SendAsync("DELETE", "/api/delete", """{"model":"copy"}""");
        Assert.Equal((HttpStatusCode.OK, "tiny:latest"), (deleted.StatusCode, await ModelsAsync()));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("copy"));
    }

    [Fact]
    public async Task A_test_can_add_and_remove_models_while_the_Simulator_runs()
    {
        Ollama.AddModel("more");
        Assert.Equal((HttpStatusCode.OK, "more:latest tiny:latest"), (await AskAsync("more"), await ModelsAsync()));
        Assert.Equal((true, false), (Ollama.RemoveModel("More"), Ollama.RemoveModel("more")));
        Assert.Equal((HttpStatusCode.NotFound, "tiny:latest"), (await AskAsync("more"), await ModelsAsync()));

        Assert.True(Ollama.RemoveModel("tiny"));
        Assert.Equal("""{"models":[]}""", await Client.GetStringAsync("/api/tags", Patience));
        Assert.Equal("""{"object":"list","data":null}""" + "\n", await Client.GetStringAsync("/v1/models", Patience));
    }

    [Fact]
    public async Task A_blob_is_there_once_it_is_sent_with_its_own_digest()
    {
        var path = $"/api/blobs/sha256:{Convert.ToHexStringLower(SHA256.HashData("blob"u8))}";
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("HEAD", path));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync("POST", path, "other"));
        Assert.Equal(HttpStatusCode.Created, await StatusAsync("POST", path, "blob"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("POST", path, "blob"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("HEAD", path));
    }

    [Fact]
    public async Task The_version_is_what_the_options_say() =>
        Assert.Equal("""{"version":"1.2.3"}""", await Client.GetStringAsync("/api/version", Patience));

    private static bool IsComplete(JsonElement line) =>
        line.TryGetProperty("completed", out var completed) && completed.GetInt64() == line.GetProperty("total").GetInt64()
        && line.GetProperty("digest").GetString()!.StartsWith("sha256:", StringComparison.Ordinal);

    private async Task<string> ModelsAsync()
    {
        var (native, compatible) = (await NamesAsync("/api/tags", "models", "name"), await NamesAsync("/v1/models", "data", "id"));
        Assert.Equal(native, compatible);
        return string.Join(' ', native);
    }

    private async Task<List<string?>> NamesAsync(string path, string list, string name)
    {
        var models = JsonElement.Parse(await Client.GetStringAsync(path, Patience)).GetProperty(list);
        return [.. models.EnumerateArray().Select(model => model.GetProperty(name).GetString())];
    }

    private Task<HttpStatusCode> AskAsync(string model) =>
        StatusAsync("POST", "/api/generate", $$"""{"model":"{{model}}","prompt":"hi"}""");

    private async Task<HttpStatusCode> StatusAsync(string method, string path, string body = "")
    {
        using var response = await SendAsync(method, path, body);
        return response.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = new StringContent(body, Encoding.UTF8) };
        return await Client.SendAsync(request, Patience);
    }
}
