using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Support.Backends;

namespace OllamaProxy.Tests.Api.Calls;

/// <summary>A backend whose answers have a status or headers that nobody can pass on.</summary>
public sealed class OddAnswerTests
{
    private const string Good = """{"model":"tiny","response":"hi","message":{"content":"hi"},"done":true,"done_reason":"stop"}""";
    private const string Json = "Content-Type: application/json";

    private static readonly string[] Calls = ["/api/generate", "/api/chat", "/v1/chat/completions", "/v1/embeddings", "/v1/responses",
        "/v1/messages"];

    private static IEnumerable<string> OddAnswers
    {
        get
        {
            foreach (var status in new[] { "000", "001", "099", "101 Switching Protocols", "204 No Content", "205 Reset Content",
                "304 Not Modified", "600", "999" })
            {
                yield return TcpOllama.Of(status, "");
                yield return TcpOllama.Of(status, Good, Json, $"Content-Length: {Good.Length}");
            }
            // Of a NUL the HTTP client itself makes a space (RFC 9110, section 5.5).
            foreach (var character in "\u0001\u0007\b\u000b\u000c\u001b\u001f\u007f")
            {
                yield return TcpOllama.Of("200 OK", Good, Json, $"X-Request-Id: a{character}b");
                yield return TcpOllama.Of("200 OK", Good, Json, $"X-Anything: a{character}");
                yield return TcpOllama.Of("500 Oops", Good, $"Content-Type: application/{character}json");
            }
            // C1 in UTF-8, U+0085 among them.
            yield return TcpOllama.Of("200 OK", Good, Json, "Retry-After: 1\u00c2\u0085");
            foreach (var type in new[] { "json", "application/", "/json", "application json", "text/html text/html", "a/b; c=\"",
                "application/json, text/html", ";", "é/json" })
                yield return TcpOllama.Of("200 OK", Good, $"Content-Type: {type}");
            yield return TcpOllama.Of("200 OK", Good, Json, "Content-Type: text/html");
            foreach (var line in new[] { "HTTP/1.1 2 OK", "HTTP/1.1 20x OK", "HTTP/9.9 200 OK", "hello",
                "HTTP/1.1 200 OK\r\nno header at all", "HTTP/1.1 200 OK\r\na b: c" })
                yield return $"{line}\r\nConnection: close\r\n\r\n{Good}";
        }
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task An_answer_that_cannot_be_passed_on_is_502_in_the_shape_of_the_routes_API(string host)
    {
        using var ollama = new TcpOllama();
        await using var proxy = await StartAsync(host, ollama);
        var turn = 0;
        foreach (var answer in OddAnswers)
        {
            ollama.Answer = answer;
            var path = Calls[turn++ % Calls.Length];
            using var response = await proxy.Client.SendAsync(CallTests.Post(path, """{"model":"tiny","input":"hi"}"""));
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.BadGateway, $"{(int)response.StatusCode} to {path} after {answer}: {body}");
            AssertShape(path, body);
            // What there is to give back is the error, since nothing that could be given back was stored.
            using var again = await proxy.Client.GetAsync($"/api/v1/prompt/{CallTests.IdOf(response)}/response");
            Assert.Equal((HttpStatusCode.BadGateway, "application/problem+json"),
                (again.StatusCode, again.Content.Headers.ContentType!.MediaType));
        }

        ollama.Answer = TcpOllama.Of("200 OK", Good, Json, $"Content-Length: {Good.Length}");
        using var last = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny"}"""));
        Assert.Equal((HttpStatusCode.OK, Good), (last.StatusCode, await last.Content.ReadAsStringAsync()));
    }

    [Theory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task So_it_is_where_nothing_is_queued(string host)
    {
        using var ollama = new TcpOllama { IsForAll = true };
        await using var proxy = await StartAsync(host, ollama);
        foreach (var answer in OddAnswers)
        {
            ollama.Answer = answer;
            foreach (var (method, path) in new[] { ("POST", "/api/show"), ("POST", "/api/pull"), ("DELETE", "/api/delete"),
                ("GET", "/v1/models/tiny"), ("GET", "/api/tags"), ("GET", "/v1/models") })
            {
                using var request = CallTests.Post(path, """{"model":"tiny"}""");
                request.Method = new(method);
                if (method == "GET")
                    request.Content = null;
                using var response = await proxy.Client.SendAsync(request);
                var body = await response.Content.ReadAsStringAsync();
                Assert.True(response.StatusCode == HttpStatusCode.BadGateway,
                    $"{(int)response.StatusCode} to {path} after {answer}: {body}");
                AssertShape(path, body);
            }
        }
    }

    [SqliteTheory]
    [MemberData(nameof(ProxyHosts.Names), MemberType = typeof(ProxyHosts))]
    public async Task What_an_older_version_stored_is_given_back_whatever_it_is(string host)
    {
        using var ollama = new TcpOllama { Answer = TcpOllama.Of("200 OK", Good, Json) };
        await using var proxy = await StartAsync(host, ollama);
        using var call = await proxy.Client.SendAsync(CallTests.Post("/api/generate", """{"model":"tiny"}"""));
        var path = $"/api/v1/prompt/{CallTests.IdOf(call)}/response";
        foreach (var status in new[] { -1, 0, 1, 100, 101, 103, 199, 200, 201, 204, 205, 299, 300, 304, 399, 404, 500, 599, 600, 999,
            int.MaxValue })
        {
            foreach (var body in new[] { "", Good })
            {
                Store(proxy, status, """[["Content-Type","application/json"],["X-Request-Id","1"],["X-Request-Id","2"]]""", body);
                using var response = await proxy.Client.GetAsync(path);
                var isSent = status is >= 200 and <= 599 && (body.Length == 0 || status is not (204 or 205 or 304));
                Assert.Equal((status, isSent ? status : 502), (status, (int)response.StatusCode));
                if (isSent || body.Length > 0)
                    Assert.Equal((body, "1, 2"),
                        (await response.Content.ReadAsStringAsync(), string.Join(", ", response.Headers.GetValues("X-Request-Id"))));
            }
        }
        foreach (var headers in new[]
        {
            """[["Content-Type","text/\u001bhtml"]]""", """[["Content-Type","nonsense"]]""", """[["Content-Type",""]]""",
                """[["Content-Type","text/html"],["Content-Type","text/plain"]]""",
            """[["X-Request-Id","\u0000\r\nSet-Cookie: a=b"]]""",
                """[["Bad Name","x"],["",""],["Set-Cookie","a=b"],["Transfer-Encoding","chunked"],["Content-Length","3"]]""",
        })
        {
            Store(proxy, 200, headers, Good);
            using var response = await proxy.Client.GetAsync(path);
            Assert.Equal((headers, HttpStatusCode.OK, Good), (headers, response.StatusCode, await response.Content.ReadAsStringAsync()));
            Assert.False(response.Headers.Contains("Set-Cookie"));
            Assert.Equal("sandbox; default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single());
        }
    }

    private static Task<RunningProxy> StartAsync(string host, TcpOllama ollama) => RunningProxy.StartAsync(ProxyHosts.Named(host), null,
        ("OLLAMA_URL", ollama.Url), ("OLLAMA_MAX_ATTEMPTS", "1"), ("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"));

    private static void AssertShape(string path, string body)
    {
        var json = JsonDocument.Parse(body).RootElement;
        var error = json.GetProperty("error");
        if (path == "/v1/messages")
            Assert.Equal(("error", "api_error"), (CallTests.Text(json, "type"), CallTests.Text(error, "type")));
        if (path.StartsWith("/v1", StringComparison.Ordinal))
            error = error.GetProperty("message");
        Assert.Contains("is OLLAMA_URL right?", error.GetString(), StringComparison.Ordinal);
    }

    private static void Store(RunningProxy proxy, int status, string headers, string body)
    {
        using var connection = new SqliteConnection($"Data Source={proxy.DatabasePath};Pooling=False");
        connection.Open();
        using var update = connection.CreateCommand();
        update.CommandText = "UPDATE responses SET status = $status, headers = $headers, body = CAST($body AS BLOB)";
        update.Parameters.AddWithValue("$status", status);
        update.Parameters.AddWithValue("$headers", headers);
        update.Parameters.AddWithValue("$body", body);
        Assert.Equal(1, update.ExecuteNonQuery());
    }
}
