using OllamaProxy.Ollama;

namespace OllamaProxy.Tests.Ollama;

public sealed class OllamaErrorTests
{
    [Theory]
    [InlineData("""{"error":"model 'x' not found"}""", "model 'x' not found", null, null)]
    [InlineData("""{"error":{"message":"model 'x' not found","type":"not_found_error","param":null,"code":null}}""", "model 'x' not found",
        null, "not_found_error")]
    [InlineData("""{"type":"error","error":{"type":"overloaded_error","message":"busy"}}""", "busy", null, "overloaded_error")]
    [InlineData("""{"error":{"code":500,"message":"Compute error.","type":"server_error"}}""", "Compute error.", 500, "server_error")]
    [InlineData("""{"error":{"code":"400","message":"bad"}}""", "bad", 400, null)]
    [InlineData("""{"error":{"code":"model_not_found","message":"bad"}}""", "bad", null, null)]
    [InlineData("""{"StatusCode":400,"Status":"400 Bad Request","error":"bad"}""", "bad", null, null)]
    // llama-server's answer, as Ollama hands it on: an object in a text, and what the runner logged behind it.
    [InlineData("""{"error":"{\"error\":{\"code\":400,\"message\":\"request (302 tokens) exceeds the available context size """
        + """(256 tokens), try increasing it\",\"type\":\"exceed_context_size_error\",\"n_ctx\":256}}"}""",
        "request (302 tokens) exceeds the available context size (256 tokens), try increasing it", 400, "exceed_context_size_error")]
    [InlineData("""{"error":"{\"error\":{\"code\":500,\"message\":\"Compute error.\",\"type\":\"server_error\"}}"""
        + """\nCUDA error: out of memory"}""",
        "Compute error. CUDA error: out of memory", 500, "server_error")]
    [InlineData("""{"error":{"message":"{\"error\":{\"code\":503,\"message\":\"Loading model\","""
        + """\"type\":\"unavailable_error\"}}","type":"api_error"}}""",
        "Loading model", 503, "unavailable_error")]
    [InlineData("""{"error":"llama-server apply-template error: {\"error\":{\"message\":\"no template\"}}"}""", "no template", null, null)]
    [InlineData("""{"error":"{\"error\":\"plain\"}"}""", "plain", null, null)]
    [InlineData("""{"error":"{\"detail\":\"Not Found\"}"}""", "Not Found", null, null)]
    // What only looks like it.
    [InlineData("""{"error":"error parsing tool call: raw='{\"message\":\"x\"}', err=unexpected end of JSON input"}""",
        "error parsing tool call: raw='{\"message\":\"x\"}', err=unexpected end of JSON input", null, null)]
    [InlineData("""{"error":"invalid character '{' looking for beginning of value"}""",
        "invalid character '{' looking for beginning of value", null, null)]
    [InlineData("""{"error":"{not json"}""", "{not json", null, null)]
    [InlineData("""{"error":"{\"a\":1}"}""", "{\"a\":1}", null, null)]
    [InlineData("""{"error":{"a":1}}""", "{\"a\":1}", null, null)]
    [InlineData("""{"error":["x"]}""", "[\"x\"]", null, null)]
    [InlineData("""{"error":17}""", "17", null, null)]
    [InlineData("""{"error":"\ud800"}""", "\ufffd", null, null)]
    public void The_innermost_message_of_an_error_is_read(string body, string message, int? code, string? type) =>
        Assert.Equal(new OllamaError(message, code, type), OllamaError.ReadBody(body));

    [Theory]
    [InlineData("")]
    [InlineData("404 page not found")]
    [InlineData("<html><title>502 Bad Gateway</title></html>")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"error\"")]
    [InlineData("""{"error":null}""")]
    [InlineData("""{"detail":"Not Found"}""")]
    [InlineData("""{"error":"cut of""")]
    public void A_body_without_an_error_is_not_one_of_Ollamas(string body) => Assert.Null(OllamaError.ReadBody(body));

    [Fact]
    public void However_often_an_error_is_wrapped_it_is_read_in_time()
    {
        var body = "\"x\"";
        for (var depth = 0; depth < 12; depth++)
            body = $$"""{"error":{{System.Text.Json.JsonSerializer.Serialize($$"""{"error":{{body}}}""")}}}""";
        Assert.NotNull(OllamaError.ReadBody(body));
    }
}
