using System.Text;
using CsCheck;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;
using ZstdSharp;

namespace OllamaProxy.Tests.Protocol;

public sealed class EncodedBodyTests
{
    private const int Max = 1_000_000;

    [Fact]
    public void Whatever_is_encoded_is_decoded_in_one_frame_or_several() => Gen.Byte.Array[0, 5000].List[1, 4].Sample(parts =>
    {
        using var compressor = new Compressor();
        byte[] encoded = [.. parts.SelectMany(part => compressor.Wrap(part).ToArray())];
        Assert.Equal(parts.SelectMany(part => part), EncodedBody.Decode(encoded, Max)!.Value.ToArray());
    }, iter: 200);

    [Fact]
    public void What_is_cut_or_changed_anywhere_is_refused_or_read_and_never_anything_else()
    {
        using var compressor = new Compressor();
        var body = $$"""{"model":"tiny","input":"{{string.Concat(Enumerable.Range(0, 500))}}"}""";
        var good = compressor.Wrap(Encoding.UTF8.GetBytes(body)).ToArray();
        for (var length = 1; length < good.Length; length++)
            Assert.Throws<InvalidDataException>(() => EncodedBody.Decode(good.AsMemory(..length), Max));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var changed = good.ToArray();
            changed[at] = value;
            ReadOrRefuse(changed);
        }, iter: 2000);
        Gen.Byte.Array[0, 200].Sample(ReadOrRefuse, iter: 2000);
    }

    [Fact]
    public void No_more_is_decoded_than_is_allowed()
    {
        using var compressor = new Compressor();
        var encoded = compressor.Wrap(new byte[Max]).ToArray();
        Assert.Equal(Max, EncodedBody.Decode(encoded, Max)!.Value.Length);
        Assert.Null(EncodedBody.Decode(encoded, Max - 1));
        Assert.Null(EncodedBody.Decode(encoded, 1));
        Assert.Null(EncodedBody.Decode(compressor.Wrap(new byte[200_000_000]).ToArray(), Max));
    }

    [Fact]
    public void A_frame_that_wants_more_memory_than_Ollama_grants_is_refused()
    {
        using var compressor = new Compressor(22);
        Assert.Throws<InvalidDataException>(() => EncodedBody.Decode(compressor.Wrap(new byte[200_000_000]).ToArray(), int.MaxValue));
    }

    [Theory]
    [InlineData("{}", null)]
    [InlineData(" \r\n\t[1]", null)]
    [InlineData("\"text\"", null)]
    [InlineData("-1", null)]
    [InlineData("true", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    [InlineData("  ", null)]
    [InlineData("\u001f", @"'\x1f'")]
    [InlineData("(", "'('")]
    [InlineData(" x", "'x'")]
    [InlineData("'", @"'\''")]
    [InlineData("\\", @"'\\'")]
    [InlineData("\u0000", @"'\x00'")]
    [InlineData("\u0007", @"'\a'")]
    [InlineData("\u000b", @"'\v'")]
    [InlineData("\u007f", @"'\x7f'")]
    [InlineData("\u008b", @"'\u008b'")]
    [InlineData("\u00b5", "'µ'")]
    public void What_cannot_be_JSON_is_told_in_the_words_of_Go(string body, string? character)
    {
        var expected = character is null ? null : $"invalid character {character} looking for beginning of value";
        Assert.Equal(expected, EncodedBody.WhyNotJson(Encoding.Latin1.GetBytes(body)));
    }

    [Theory]
    [InlineData("""{"model":"tiny"}""", """{"keep_alive":5,"model":"tiny"}""")]
    [InlineData("""{"model":"tiny","keep_alive":7}""", """{"model":"tiny","keep_alive":7}""")]
    public void The_default_of_keep_alive_goes_into_JSON_and_into_nothing_that_is_encoded(string body, string expected)
    {
        using var compressor = new Compressor();
        var encoded = compressor.Wrap(Encoding.UTF8.GetBytes(body)).ToArray();
        foreach (var endpoint in ApiRoute.All)
        {
            Assert.Equal(encoded, KeepAlive.ApplyDefault(endpoint, encoded, "5").ToArray());
            var applied = KeepAlive.ApplyDefault(endpoint, Encoding.UTF8.GetBytes(body), "5");
            Assert.Equal(endpoint.Dialect == Dialect.Ollama ? expected : body, Encoding.UTF8.GetString(applied.Span));
        }
    }

    private static void ReadOrRefuse(byte[] body)
    {
        try
        {
            EncodedBody.Decode(body, Max);
        }
        catch (InvalidDataException)
        {
        }
    }
}
