using System.Text;
using OllamaProxy.Protocol;
using OllamaProxy.Protocol.Dialects;

namespace OllamaProxy.Tests.Protocol.Dialects;

/// <summary>What <c>OLLAMA_KEEP_ALIVE</c> does to the body of a call, which stays as it came otherwise, byte for byte.</summary>
public sealed class KeepAliveTests
{
    [Theory]
    [InlineData("{}", """{"keep_alive":"10m"}""")]
    [InlineData(" \n{ }", " \n{\"keep_alive\":\"10m\" }")]
    [InlineData("""{ "model" : "tiny" }""", """{"keep_alive":"10m", "model" : "tiny" }""")]
    [InlineData("""{"keep_alive":null}""", """{"keep_alive":"10m"}""")]
    [InlineData("""{"a":[{"keep_alive":1}]}""", """{"keep_alive":"10m","a":[{"keep_alive":1}]}""")]
    [InlineData("""{"a":{"keep_alive":1},"keep_alive": null , "b":1.0}""", """{"a":{"keep_alive":1},"keep_alive": "10m" , "b":1.0}""")]
    [InlineData("""{"KEEP_ALIVE":null}""", """{"KEEP_ALIVE":"10m"}""")]
    [InlineData("""{"keep\u005falive":null}""", """{"keep\u005falive":"10m"}""")]
    [InlineData("""{"a":"é\ud83d\ude00"}""", """{"keep_alive":"10m","a":"é\ud83d\ude00"}""")]
    // Ollama takes the last of several.
    [InlineData("""{"keep_alive":1,"keep_alive":null}""", """{"keep_alive":1,"keep_alive":"10m"}""")]
    public void A_call_that_says_nothing_of_it_gets_the_setting(string body, string expected) =>
        Assert.Equal(expected, Apply(ApiRoute.Generate, body));

    [Theory]
    [InlineData("""{"keep_alive":0}""")]
    [InlineData("""{"keep_alive":-1}""")]
    [InlineData("""{"keep_alive":""}""")]
    [InlineData("""{"keep_alive":false}""")]
    [InlineData("""{"keep_alive":{}}""")]
    [InlineData("""{"Keep_Alive":"5m"}""")]
    [InlineData("""{"keep\u005falive":"5m"}""")]
    [InlineData("""{"keep_alive":null,"KEEP_ALIVE":"5m"}""")]
    public void A_call_that_says_something_of_it_stays_as_it_came(string body) => Assert.Equal(body, Apply(ApiRoute.Generate, body));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"keep_alive\"")]
    [InlineData("{")]
    [InlineData("""{"a":1""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"keep_alive":null""")]
    [InlineData("""{"keep_alive":null} {}""")]
    [InlineData("""{} x""")]
    [InlineData("{/**/}")]
    public void What_is_no_object_is_for_Ollama_to_refuse(string body) => Assert.Equal(body, Apply(ApiRoute.Generate, body));

    [Fact]
    public void Only_Ollamas_own_routes_know_it_and_without_the_setting_nothing_changes()
    {
        foreach (var route in ApiRoute.All)
        {
            Assert.Equal(route.Dialect == Dialect.Ollama ? """{"keep_alive":"10m"}""" : "{}", Apply(route, "{}"));
            Assert.Equal("{}", Apply(route, "{}", null));
        }
    }

    private static string Apply(ApiRoute route, string body, string? json = "\"10m\"") =>
        Encoding.UTF8.GetString(KeepAlive.ApplyDefault(route, Encoding.UTF8.GetBytes(body), json).Span);
}
