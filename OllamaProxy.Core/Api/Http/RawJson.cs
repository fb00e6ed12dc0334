using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OllamaProxy.Api.Http;

/// <summary>A JSON value that is handed on as it came in.</summary>
/// <param name="Utf8">The value in UTF-8, known to be valid.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct RawJson(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>Wraps a value that may be missing.</summary>
    public static RawJson? OrNull(ReadOnlyMemory<byte>? utf8) => utf8 is { } value ? new RawJson(value) : null;

    /// <summary>Wraps a value that is a text.</summary>
    public static RawJson Of(string json) => new(Encoding.UTF8.GetBytes(json));

    /// <summary>Writes it; it is never read.</summary>
    public sealed class Converter : JsonConverter<RawJson>
    {
        /// <inheritdoc/>
        public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
    }
}
