using System.Net.Http.Headers;
using System.Text;
using OllamaProxy.Api;

namespace OllamaProxy.Tests.Api.Callers;

/// <summary>A request as nobody would write it: made of parts that are good by themselves, broken at random.</summary>
internal sealed class GeneratedRequest
{
    private static readonly string[] Methods = ["GET", "GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "BREW"];

    private static readonly string[] Patterns =
    [
        .. typeof(Routes).GetFields().Select(field => (string)field.GetRawConstantValue()!),
        "api/v1", "v1", "api/v2/prompts", "..", "api//tags",
    ];

    private static readonly string[] Queries =
    [
        "page=1", "page=-1", "page=99999999999999999999", "page_size=100", "page_size=0", "status=completed", "status=none",
        "model=llama3.2", "owner=bob", "owner=alice", "owner=", "batch=x", "q=secret", "q=%25_%00", "q=%F0%9F%98%80",
        "wait=0", "wait=x", "last_event_id=1",
        "by=owner", "by=model", "from=2020-01-01", "to=x", "verbose", "=&=", "%", "a=b=c",
    ];

    private static readonly (string Name, string Value)[] Headers =
    [
        ("Accept", "text/event-stream"), ("Accept", "text/html"), ("Accept", "*/*;q=x"), ("Prefer", "respond-async"), ("Prefer", "wait=0"),
        ("Prefer", "wait=-5"), ("Idempotency-Key", "shared key"), ("Idempotency-Key", new string('k', 300)), ("Origin", "null"),
        ("Origin", "https://evil.example"), ("X-Owner", "bob"), ("X-Owner", new string('o', 200)), ("Last-Event-ID", "1:2:3"),
        ("Last-Event-ID", "ü"), ("Expect", "100-continue"), ("Host", "other.example"), ("X-Forwarded-For", "bob"),
        ("Sec-Fetch-Site", "cross-site"), ("Cookie", "ollama_proxy_key=%ZZ; a=b"), ("Authorization", "Basic !!!"), ("X-API-Key", "\t"),
        ("If-None-Match", "*"), ("Range", "bytes=0-0"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"),
    ];

    private static readonly string[] Bodies =
    [
        """{"prompt": "hello"}""",
        """{"prompt": "hello", "model": "llama3.2", "options": {"num_ctx": 16}, "priority": 5, "expires_in": 60}""",
        """{"model": "llama3.2", "messages": [{"role": "user", "content": "hi"}], "stream": false}""", """{"priority": 100}""",
        """{"model": "llama3.2", "prompt": "hi", "stream": true}""", """{"model": "m", "input": ["a", "b"]}""", """[{"prompt": "a"}]""",
        "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n", """{"key": "guess"}""", """{"model": "", "keep_alive": 0}""", "[]", "{}", "null", "",
        "\"\\ud800\"", new string('[', 3000), """{"prompt": {"prompt": {}}}""", """{"prompt": "x", "metadata": {"a": [1e999, -0]}}""",
    ];

    private readonly string _method;
    private readonly string _path;
    private readonly List<(string Name, string Value)> _headers = [];
    private readonly byte[] _body;

    /// <param name="random">Decides all of it.</param>
    /// <param name="ids">Ids of prompts and batches, to be asked for.</param>
    /// <param name="keys">Keys to be shown; an empty one: none.</param>
    public GeneratedRequest(Random random, string[] ids, string[] keys)
    {
        _method = Of(Methods);
        var id = random.Next(8) switch { 0 => Guid.NewGuid().ToString(), 1 => Break(ids[0]), _ => Of(ids) };
        var path = Of(Patterns).Replace("{id}", id, StringComparison.Ordinal).Replace(Routes.Home, "", StringComparison.Ordinal)
            .Replace("{*model}", "llama3.2", StringComparison.Ordinal).Replace("{*path}", "nowhere", StringComparison.Ordinal)
            .Replace("{digest}", "sha256:0", StringComparison.Ordinal);
        _path = "/" + (random.Next(20) == 0 ? Break(path) : path);
        for (var count = random.Next(3); count > 0; count--)
            _path += (_path.Contains('?') ? "&" : "?") + Of(Queries);
        for (var count = random.Next(4); count > 0; count--)
            _headers.Add(Of(Headers));
        if (Of(keys) is { Length: > 0 } key)
            _headers.Add(random.Next(3) switch
            {
                0 => ("X-API-Key", key),
                1 => ("Cookie", $"ollama_proxy_key={key}"),
                _ => ("Authorization", $"Bearer {key}"),
            });
        _body = Encoding.UTF8.GetBytes(Of(Bodies));
        for (var count = random.Next(8) == 0 ? random.Next(1, 4) : 0; count > 0 && _body.Length > 0; count--)
            _body[random.Next(_body.Length)] = (byte)random.Next(256);
        if (random.Next(10) == 0)
            _body = _body[..random.Next(_body.Length + 1)];

        T Of<T>(T[] choices) => choices[random.Next(choices.Length)];

        string Break(string text) => text.Length == 0 ? "%00"
            : text.Remove(random.Next(text.Length), 1).Insert(0, Of(["", "%2F", "..;", "%C3"]));
    }

    /// <summary>The request; null: the client cannot even send it.</summary>
    public HttpRequestMessage? ToMessage()
    {
        if (!Uri.TryCreate(_path, UriKind.Relative, out var uri))
            return null;
        var message = new HttpRequestMessage(new(_method), uri);
        if (_method is not ("GET" or "HEAD"))
            message.Content = new ByteArrayContent(_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        foreach (var (name, value) in _headers)
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content?.Headers.TryAddWithoutValidation(name, value);
        return message;
    }

    public override string ToString() =>
        $"{_method} {_path} [{string.Join(", ", _headers.Select(header => $"{header.Name}: {header.Value}"))}] "
            + Encoding.UTF8.GetString(_body);
}
