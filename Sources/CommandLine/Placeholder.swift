enum CommandLineTool0 {}
package enum CommandLineTool { package static func main() async {} }
