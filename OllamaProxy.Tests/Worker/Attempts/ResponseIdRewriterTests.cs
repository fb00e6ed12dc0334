using System.Buffers;
using System.Text;
using OllamaProxy.Worker.Attempts;

namespace OllamaProxy.Tests.Worker.Attempts;

public sealed class ResponseIdRewriterTests
{
    private static readonly Guid Prompt = Guid.Parse("01a207a1-35fa-729c-b0c5-aebda091a5e0");
    private const string Own = "resp_01a207a135fa729cb0c5aebda091a5e0";

    [Theory]
    [InlineData("""{"id":"resp_123","object":"response"}""", $$$"""{"id":"{{{Own}}}","object":"response"}""")]
    [InlineData("""data: {"response":{"id":"resp_1"}}\n\ndata: {"response":{"id":"resp_1"}}""",
        $$$"""data: {"response":{"id":"{{{Own}}}"}}\n\ndata: {"response":{"id":"{{{Own}}}"}}""")]
    // What a model says stands as it is, and so do other ids.
    [InlineData("""{"id":"resp_123","text":"say \"resp_123\" and \"resp_"}""",
        $$$"""{"id":"{{{Own}}}","text":"say \"resp_123\" and \"resp_"}""")]
    [InlineData("""{"id":"resp_123","other":"resp_1234","rs":"rs_resp_123"}""",
        $$$"""{"id":"{{{Own}}}","other":"resp_1234","rs":"rs_resp_123"}""")]
    [InlineData("""{"error":"none"}""", """{"error":"none"}""")]
    [InlineData("""it ends with "resp_12""", """it ends with "resp_12""")]
    [InlineData("it ends with \"re", "it ends with \"re")]
    public void The_id_of_a_response_is_rewritten_however_the_answer_is_cut(string answer, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var rewriter = new ResponseIdRewriter(Prompt);
            var written = new ArrayBufferWriter<byte>();
            foreach (var piece in bytes.Chunk(size))
                foreach (var segment in rewriter.Rewrite(new(piece), isLast: false))
                    written.Write(segment.Span);
            foreach (var segment in rewriter.Rewrite(ReadOnlySequence<byte>.Empty, isLast: true))
                written.Write(segment.Span);
            Assert.Equal(expected, Encoding.UTF8.GetString(written.WrittenSpan));
        }
    }

    [Fact]
    public void Nothing_is_held_back_that_is_no_beginning_of_an_id()
    {
        var rewriter = new ResponseIdRewriter(Prompt);
        Assert.Equal("{\"text\":\"hello", Encoding.UTF8.GetString(rewriter.Rewrite(new("{\"text\":\"hello"u8.ToArray()), isLast: false)));
    }
}
