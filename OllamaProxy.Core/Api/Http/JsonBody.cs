using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using OllamaProxy.Api.Errors;

namespace OllamaProxy.Api.Http;

/// <summary>Reads JSON that a client sent. RFC 8259, and stricter where that leaves a meaning open.</summary>
internal static class JsonBody
{
    /// <summary>How many arrays and objects may stand in each other. Code that walks a body uses recursion.</summary>
    public const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <summary>Some editors and shells put a byte order mark in front; RFC 8259 lets a reader pass over it.</summary>
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body behind a byte order mark, if it has one.</summary>
    public static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;

    /// <summary>The body, of whatever kind.</summary>
    /// <exception cref="ProblemException">400: it is no JSON in UTF-8, or nested too deeply.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        body = WithoutMark(body);
        if (body.Length == 0)
            throw Problems.BadRequest("""The body is empty; it must be a JSON object such as {"prompt": "Why is the sky blue?"}.""");
        if (!Utf8.IsValid(body.Span))
            throw Problems.BadRequest("The body is not valid UTF-8.");

        try
        {
            return JsonDocument.Parse(body, Strict);
        }
        catch (InvalidOperationException)
        {
            // Thrown instead of a JsonException where the names of fields are compared.
            throw Problems.BadRequest("The body has a field whose name holds half of a surrogate pair, which is no character.");
        }
        catch (JsonException) when (IsTooDeep(body.Span))
        {
            throw Problems.BadRequest(string.Create(CultureInfo.InvariantCulture,
                $"The body is nested too deeply: it must have at most {MaxDepth} levels of arrays and objects."));
        }
        catch (JsonException exception)
        {
            throw Problems.BadRequest(string.Create(CultureInfo.InvariantCulture,
                $"The body is not valid JSON, at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}: "
                + $"{WithoutPlace(exception.Message)}"));
        }
    }

    /// <summary>The fields of an object without lone surrogates.</summary>
    /// <exception cref="ProblemException">
    /// 400: it is anything else. The message says what and, within the object, in which field.
    /// </exception>
    public static JsonFields FieldsOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw Problems.BadRequest($"The body must be a JSON object, but is {JsonKinds.Name(value)}.");
        foreach (var field in value.EnumerateObject())
            if (HasLoneSurrogate(field.Value))
                throw Problems.BadRequest($"'{field.Name}' holds half of a surrogate pair, which is no character.");
        return new(value);
    }

    /// <summary>Whether the depth is the first thing that is wrong.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new() { MaxDepth = MaxDepth + 1 });
        try
        {
            while (reader.Read())
                if (reader.CurrentDepth == MaxDepth && reader.TokenType is (JsonTokenType.StartArray or JsonTokenType.StartObject))
                    return true;
        }
        catch (JsonException)
        {
            // Something else is.
        }
        return false;
    }

    /// <summary>The parser's message ends in the place too, counted from 0.</summary>
    private static string WithoutPlace(string message) => message.Split(" LineNumber:")[0];

    private static bool HasLoneSurrogate(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(field => HasLoneSurrogate(field.Value)),
        JsonValueKind.Array => value.EnumerateArray().Any(HasLoneSurrogate),
        JsonValueKind.String => !IsWellFormed(value),
        _ => false,
    };

    private static bool IsWellFormed(JsonElement text)
    {
        // By hand, and not by making a string: of a long one that would be a second body.
        var rest = JsonMarshal.GetRawUtf8Value(text);
        while (rest.IndexOf((byte)'\\') is >= 0 and var escape)
        {
            rest = rest[escape..];
            if (!IsSurrogate(rest, out var isHigh))
            {
                rest = rest[2..];
                continue;
            }
            if (!isHigh || !IsSurrogate(rest[6..], out var isAlsoHigh) || isAlsoHigh)
                return false;
            rest = rest[12..];
        }
        return true;
    }

    /// <summary>Whether the escape at the beginning is one of <c>\ud800</c> to <c>\udfff</c>, and the first half of a pair.</summary>
    private static bool IsSurrogate(ReadOnlySpan<byte> json, out bool isHigh)
    {
        var first = json.Length > 3 ? (char)(json[3] | 0x20) : ' ';
        isHigh = first is '8' or '9' or 'a' or 'b';
        return (json.StartsWith("\\ud"u8) || json.StartsWith("\\uD"u8)) && first is ('8' or '9' or (>= 'a' and <= 'f'));
    }
}
