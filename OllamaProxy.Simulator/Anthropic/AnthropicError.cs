using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OllamaProxy.Simulator.Anthropic;

/// <summary>Writes errors in Anthropic's format.</summary>
internal static class AnthropicError
{
    public static void Write(Utf8JsonWriter json, int status, string error)
    {
        var told = Of(status, error);
        told["request_id"] = "req_" + RandomNumberGenerator.GetHexString(24, lowercase: true);
        told.WriteTo(json);
    }

    public static JsonObject Of(int status, string error) => new()
    {
        ["type"] = "error",
        ["error"] = new JsonObject { ["type"] = TypeOf(status), ["message"] = error },
    };

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_request_error",
        StatusCodes.Status401Unauthorized => "authentication_error",
        StatusCodes.Status403Forbidden => "permission_error",
        StatusCodes.Status404NotFound => "not_found_error",
        StatusCodes.Status429TooManyRequests => "rate_limit_error",
        StatusCodes.Status503ServiceUnavailable or 529 => "overloaded_error",
        _ => "api_error",
    };
}
