using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OllamaProxy.Api;
using OllamaProxy.Api.Callers;
using OllamaProxy.Tests.Api.Callers;
using OllamaProxy.Tests.Support;
using OllamaProxy.Tests.Webhooks;

namespace OllamaProxy.Tests.Api.OpenApi;

/// <summary>The OpenAPI document says what this program does, no less and nothing else.</summary>
public sealed class OpenApiTests
{
    private static readonly string[] Wrong =
    [
        "GET /openapi.json answers 299, which is not in the document", "GET /nosuch is not in the document",
        "GET /healthz answers 200 with a body: OK", "GET /api/v1/queue answers 200 with the type text/plain",
        "/paused must be boolean", "must have required property 'draining'", "must NOT have additional properties",
    ];

    public static TheoryData<string> Hosts => ProxyHosts.Names;

    [OpenApiFact]
    public async Task The_document_is_valid_and_its_examples_are_as_it_says() => Assert.Empty(await OpenApiDocument.ValidateAsync());

    [OpenApiTheory]
    [MemberData(nameof(Hosts))]
    public async Task Every_operation_answers_as_the_document_says(string host)
    {
        await using var shared = await SharedProxy.StartAsync(
            host, null, [("OLLAMA_PROXY_ALLOW_MODEL_MANAGEMENT", "true"), .. Receiver.Settings]);
        var operations = new EveryOperation(shared);
        await operations.CallAsync();
        Assert.Empty(await OpenApiDocument.ValidateAsync(operations.Answers));
    }

    [OpenApiFact]
    public async Task What_the_document_does_not_say_is_found()
    {
        OpenApiDocument.Answer[] answers =
        [
            .. OpenApiDocument.Operations.Select(operation => new OpenApiDocument.Answer(operation.Method, operation.Path, 299, null, "")),
            new("GET", "/nosuch", 200, null, ""),
            new("GET", "/healthz", 200, "text/plain", "OK"),
            new("GET", "/api/v1/queue", 200, "text/plain", "{}"),
            new("GET", "/api/v1/queue", 200, "application/json", """{"paused": 1, "more": 2}"""),
        ];
        var found = string.Join('\n', await OpenApiDocument.ValidateAsync(answers));
        Assert.All(Wrong, part => Assert.Contains(part, found, StringComparison.Ordinal));
    }

    [InProcessTheory]
    [MemberData(nameof(Hosts))]
    public async Task Every_route_is_in_the_document_with_who_is_let_in_and_nothing_else_is(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        var routes = from route in proxy.Services.GetRequiredService<RouteTable>().All
                     from method in route.Methods
                     where method != "HEAD" || !route.Methods.Contains("GET")
                     select new OpenApiDocument.Operation(
                         method, PathOf(route.Pattern), route.Access == RouteAccess.Open, route.Access == RouteAccess.Admin);

        Assert.Equal(routes.OrderBy(NameOf, StringComparer.Ordinal), OpenApiDocument.Operations.OrderBy(NameOf, StringComparer.Ordinal));

        static string PathOf(string pattern) => pattern == Routes.Home ? "/" : $"/{pattern.Replace("{*", "{", StringComparison.Ordinal)}";

        static string NameOf(OpenApiDocument.Operation operation) => $"{operation.Path} {operation.Method}";
    }

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task The_document_is_served_as_it_is_and_not_again_to_whoever_has_it(string host)
    {
        await using var proxy = await RunningProxy.StartAsync(ProxyHosts.Named(host));
        using var first = await proxy.Client.GetAsync("/openapi.json");
        using var again = await proxy.Client.SendAsync(
            new(HttpMethod.Get, "/openapi.json") { Headers = { IfNoneMatch = { first.Headers.ETag! } } });
        using var head = await proxy.Client.SendAsync(new(HttpMethod.Head, "/openapi.json"));

        var text = await first.Content.ReadAsStringAsync();
        Assert.Equal(await File.ReadAllTextAsync(OpenApiDocument.Path), text);
        Assert.False(first.Headers.ETag!.IsWeak);
        Assert.Equal("application/json; charset=utf-8", first.Content.Headers.ContentType!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Equal(first.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
    }

    [Fact]
    public void The_document_has_the_version_of_the_program()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(OpenApiDocument.Path));
        var version = document.RootElement.GetProperty("info").GetProperty("version").GetString();
        Assert.Equal(typeof(RouteTable).Assembly.GetName().Version!.ToString(3), version);
    }
}
